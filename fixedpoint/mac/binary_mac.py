"""Accumulator of codes with the weights -1 and +1, or -1, 0 and +1."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..circuit import Port, check_choice
from ..formats.format import Format
from .multiplierless_mac import MultiplierlessMac

__all__ = ["BinaryMac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BinaryMac(MultiplierlessMac):
    """Binary or ternary accumulator: adds, subtracts or skips a code in each cycle.

    Parameters
    ----------
    a : Format or str
        Of the operand.
    weights : {"binary", "ternary"}
        -1 and +1, or -1, 0 and +1.
    accumulator, generator
        As for `Mac`, which also documents the errors.

    Notes
    -----
    Ports: ``load``, ``sum_in``, ``a`` and the weight in; ``sum`` out, and with overflow mode
    ERROR ``overflowed``. A binary weight has one wire, ``weight``, 1 for +1 and 0 for -1. A
    ternary weight has two, ``sign`` and ``weight``: weight 0 is 0 with either sign, weight 1
    is +1 with sign 0 and -1 with sign 1. In each enabled cycle, with the weight w::

        sum <- Q((sum_in if load else sum) + w * a)

    as in `Mac`. K terms give the code of `matmul` with weights in sQ2.0, such as those of
    `binarize` and `ternarize`, without their scale. The latency is 1, and the sum is 0 after
    reset. The hardware has an adder and no multiplier.

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
        if self.weights == "binary":
            return (Port.input("weight", meaning="1 for the weight +1, 0 for -1"),)
        return (
            Port.input("sign", meaning="sign of the weight, 1 for -"),
            Port.input("weight", meaning="magnitude of the weight"),
        )

    def decode_weight(self, *codes: Any) -> Any:
        if self.weights == "binary":
            return 2 * codes[0] - 1
        sign, magnitude = codes
        return magnitude * (1 - 2 * sign)
