"""Deterministic multipliers, exact for every pair of codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

__all__ = ["DeterministicMultiplier"]

METHODS = ("clock-division", "rotation", "relatively-prime")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeterministicMultiplier(Circuit):
    """Deterministic multiplier: two counters meet in every pair of their values once.

    Parameters
    ----------
    width : int
        Bits of a code, n, 2..12.
    method : {"clock-division", "rotation", "relatively-prime"}
        How the second counter differs from the first; see below.
    encoding : {"unipolar", "bipolar"}
        The gate is AND or XNOR.

    Notes
    -----
    Ports: ``a`` and ``b``, codes 0..2^n inclusive; ``product``, one bit; ``last``, 1 in the
    last cycle of a multiplication. With T1 and T2 two counters, the product is the AND or
    XNOR of ``T1 < a`` and ``T2 < b``. T1 counts all cycles modulo 2^n. T2 is::

                           T2                                        cycles, L
        clock-division     counts the periods of T1                  2^(2 n)
        rotation           counts cycles, held for one at each       2^(2 n)
                           period of T1
        relatively-prime   counts cycles modulo 2^n - 1              2^n (2^n - 1)

    With relatively prime lengths b is 0..2^n - 1 and stands for b / (2^n - 1). Latency 0.
    After reset both counters are 0, and the cycle after ``last`` is the first again.

    In L cycles each pair of values of the counters occurs exactly once. The product has
    therefore exactly ``a b`` ones, or ``a b + (2^n - a)(L / 2^n - b)`` for bipolar codes:
    there is no error, for every pair. Fewer cycles give no such value.

    Source: D. Jenson and M. Riedel, "A Deterministic Approach to Stochastic Computation",
    ICCAD 2016.

    Examples
    --------
    >>> from stochastic import DeterministicMultiplier
    >>> gate = DeterministicMultiplier(width=2, method="rotation")
    >>> outputs, _ = gate.run({"a": [3] * gate.length, "b": [2] * gate.length})
    >>> gate.length, outputs["product"].sum().item()
    (16, 6)
    """

    width: int
    method: str = "clock-division"
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        name = "DeterministicMultiplier"
        self._set(width=check_integer(f"{name} width", self.width, 2, 12))
        check_choice(f"{name} method", self.method, METHODS)
        check_choice(f"{name} encoding", self.encoding, ("unipolar", "bipolar"))

    @property
    def second_length(self) -> int:
        """Number of values of the second counter."""
        return (1 << self.width) - (self.method == "relatively-prime")

    @property
    def length(self) -> int:
        """Cycles of a multiplication, L."""
        return self.second_length << self.width

    @property
    def ports(self) -> tuple[Port, ...]:
        n = self.width
        second = self.second_length
        return (
            Port.input("a", n + 1, maximum=1 << n, meaning="code of the first factor"),
            Port.input(
                "b", second.bit_length(), maximum=second, meaning="code of the second factor"
            ),
            Port.output("product", meaning="stream of the product"),
            Port.output("last", meaning="1 in the last cycle of a product"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(Register(name=name, width=self.width) for name in ("first", "second"))

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        first, second = registers["first"], registers["second"]
        one, other = int(first < inputs["a"]), int(second < inputs["b"])
        product = one & other if self.encoding == "unipolar" else 1 - (one ^ other)
        wraps = first == (1 << self.width) - 1
        # The pair of the last cycle; for rotation T2 has then been held 2^n - 1 times.
        end = 0 if self.method == "rotation" else self.second_length - 1
        last = int(wraps and second == end)
        moves = {
            "clock-division": wraps,
            "rotation": not wraps,
            "relatively-prime": True,
        }[self.method]
        after = {
            "first": (first + 1) % (1 << self.width),
            "second": (second + moves) % self.second_length,
        }
        return after, {"product": product, "last": last}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _multiply(
            enable,
            inputs["a"],
            inputs["b"],
            METHODS.index(self.method),
            1 << self.width,
            self.second_length,
            self.encoding == "bipolar",
            registers["first"],
            registers["second"],
            outputs["product"],
            outputs["last"],
        )


@compiled
def _multiply(
    enable, a, b, method, first_length, second_length, bipolar, first, second, product, last
):
    cycles, lanes = a.shape
    for t in range(cycles):
        for lane in range(lanes):
            x, y = first[lane], second[lane]
            one, other = np.int64(x < a[t, lane]), np.int64(y < b[t, lane])
            product[t, lane] = 1 - (one ^ other) if bipolar else one & other
            wraps = x == first_length - 1
            last[t, lane] = wraps and y == (0 if method == 1 else second_length - 1)
            if enable[t]:
                first[lane] = 0 if wraps else x + 1
                if method == 2 or wraps == (method == 0):
                    second[lane] = 0 if y == second_length - 1 else y + 1
