"""Multiply-accumulate unit whose weights are powers of two."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..circuit import Port
from ..formats.format import Format
from ..formats.log_format import LogFormat, as_log_format
from ..quantizers.shift_multiplier import signed_power, weight_ports
from .multiplierless_mac import MultiplierlessMac

__all__ = ["ShiftMac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShiftMac(MultiplierlessMac):
    """Shift-accumulate: adds a code times a signed power of two in each cycle.

    Parameters
    ----------
    a : Format or str
        Of the operand.
    weight : LogFormat
        Of the powers of two.
    accumulator, generator
        As for `Mac`, which also documents the errors.

    Notes
    -----
    Ports: ``load``, ``sum_in``, ``a``, ``sign``, if the weight is signed, and ``exponent``
    in; ``sum`` out, and with overflow mode ERROR ``overflowed``. The weight is that of
    `ShiftMultiplier`; everything else is as in `Mac`: K products give the code of `matmul`
    with the weights' `LogArray.to_fixed`. The latency is 1, and the sum is 0 after reset. The
    hardware has a shifter and no multiplier.

    Source: D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using
    Logarithmic Data Representation", 2016, equation 1.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, LogFormat, ShiftMac
    >>> mac = ShiftMac(
    ...     a="sQ4.0", weight=LogFormat(minimum_exponent=-1, maximum_exponent=1),
    ...     accumulator=AccumulatorSpec(format="sQ7.1"),
    ... )
    >>> outputs, _ = mac.run({
    ...     "load": [1, 0, 0, 0], "sum_in": [0] * 4, "a": [3, 3, 3, 0],
    ...     "sign": [0, 1, 1, 0], "exponent": [1, 2, 3, 0],
    ... })
    >>> (outputs["sum"][:, 0] / 2).tolist()
    [0.0, 1.5, -1.5, -7.5]
    """

    weight: LogFormat

    def __post_init__(self) -> None:
        as_log_format("ShiftMac weight", self.weight)
        super().__post_init__()

    @property
    def b(self) -> Format:
        return self.weight.fixed_format

    @property
    def weight_inputs(self) -> tuple[Port, ...]:
        return weight_ports(self.weight)

    def decode_weight(self, *codes: Any) -> Any:
        return signed_power(*codes)
