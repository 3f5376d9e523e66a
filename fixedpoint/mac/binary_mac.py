"""Accumulate-only unit whose weights are -1 and +1, or -1, 0 and +1."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..circuit import Port, check_choice
from ..formats.format import Format
from .multiplierless_mac import MultiplierlessMac

__all__ = ["BinaryMac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BinaryMac(MultiplierlessMac):
    """Accumulate-only unit: a code is added, subtracted or left out, summed as in `Mac`.

    Parameters
    ----------
    a : Format or str
        Of the operand.
    weights : {"binary", "ternary"}
        -1 and +1, or -1, 0 and +1.
    accumulator, generator
        As for `Mac`, and so are the errors.

    Notes
    -----
    Ports: ``load``, ``sum_in``, ``a`` in, and the weight: with ``"binary"`` the one wire
    ``weight``, 1 for +1 and 0 for -1; with ``"ternary"`` two, ``sign`` and ``weight``: 0
    with any sign is 0, 1 is +1 with sign 0 and -1 with sign 1. ``sum`` out, and with
    overflow mode ERROR ``overflowed``. In each enabled cycle, w being the weight::

        sum <- Q((sum_in if load else sum) + w * a)

    as in `Mac`: K terms give the code of `matmul` with weights in sQ2.0, as those of
    `binarize` and `ternarize` are; their scale is left to what follows. Latency 1. After
    reset the sum is 0. The hardware has an adder, and no multiplier.

    Source: M. Courbariaux, Y. Bengio and J.-P. David, "BinaryConnect", NIPS 2015, section 2
    (``"binary"``); F. Li, B. Zhang and B. Liu, "Ternary Weight Networks", 2016, section 2
    (``"ternary"``).

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, BinaryMac
    >>> mac = BinaryMac(
    ...     a="sQ4.0", weights="ternary", accumulator=AccumulatorSpec(format="sQ7.0")
    ... )
    >>> outputs, _ = mac.run({
    ...     "load": [1, 0, 0, 0], "sum_in": [0] * 4, "a": [3, 5, 7, 0],
    ...     "sign": [0, 1, 1, 0], "weight": [1, 1, 0, 0],
    ... })
    >>> outputs["sum"][:, 0].tolist()
    [0, 3, -2, -2]
    """

    weights: str = "binary"

    def __post_init__(self) -> None:
        check_choice("BinaryMac weights", self.weights, ("binary", "ternary"))
        super().__post_init__()

    @property
    def b(self) -> Format:
        return Format(int_bits=2, frac_bits=0)

    @property
    def weight_inputs(self) -> tuple[Port, ...]:
        names = ("weight",) if self.weights == "binary" else ("sign", "weight")
        return tuple(Port.input(name) for name in names)

    def weigh(self, *codes: Any) -> Any:
        if self.weights == "binary":
            return 2 * codes[0] - 1
        sign, magnitude = codes
        return magnitude * (1 - 2 * sign)
