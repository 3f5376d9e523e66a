"""Multiplier by powers of two, made of a shifter."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..circuit import Port
from ..formats.format import Format
from ..formats.log_format import LogFormat, as_log_format
from ..formats.modes import Overflow, Rounding
from ..rounding.rounding_stage import (
    check_generator,
    check_port_format,
    check_stage,
    format_port,
)
from .base import RoundingCircuit

__all__ = ["ShiftMultiplier", "signed_power", "weight_ports"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShiftMultiplier(RoundingCircuit):
    """Shift multiplier: a fixed-point code times a signed power of two, requantised.

    Parameters
    ----------
    a : Format or str
        Of the operand.
    weight : LogFormat
        Of the powers of two.
    target : Format or str, optional
        Of the result; by default `exact`, the format of the exact product.
    rounding, overflow, generator
        As for `Requantizer`, with the exact product as the source.

    Raises
    ------
    ValueError
        If the exact product, or the product in units of the target's resolution, needs more
        than 64 bits, or if more than 62 bits are discarded.

    Notes
    -----
    Ports: ``a``, ``sign``, if the weight is signed, and ``exponent`` in, the weight's
    exponent code; ``result`` out, and with ERROR ``overflowed``. The latency is 0. Without
    STOCHASTIC the circuit is combinational; else its state is the generator's.

    For the exponent code k the product is ``a * 2**(minimum_exponent + k - 1)``, negated if
    the sign is 1, and zero if k is 0. Its format has ``maximum_exponent`` more integer bits
    than `a`, one more if the weight is signed, and ``-minimum_exponent`` more fraction bits.
    The hardware has a shifter and no multiplier.

    Source: D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using
    Logarithmic Data Representation", 2016, equation 1.

    Examples
    --------
    >>> from fixedpoint import LogFormat, ShiftMultiplier
    >>> multiplier = ShiftMultiplier(
    ...     a="sQ4.0", weight=LogFormat(minimum_exponent=-1, maximum_exponent=1)
    ... )
    >>> str(multiplier.target)
    'sQ6.1'
    >>> outputs, _ = multiplier.run({"a": [3, 3, 3, 3], "sign": [0, 0, 1, 1],
    ...                              "exponent": [0, 1, 2, 3]})
    >>> (outputs["result"][:, 0] / 2).tolist()
    [0.0, 1.5, -3.0, -6.0]
    """

    a: Format
    weight: LogFormat
    target: Format = None  # type: ignore[assignment]  # None selects the exact format
    rounding: Rounding = Rounding.TRUNCATE
    overflow: Overflow = Overflow.WRAP

    def __post_init__(self) -> None:
        as_log_format("ShiftMultiplier weight", self.weight)
        self._set(
            a=check_port_format("ShiftMultiplier a", self.a),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
        )
        target = self.exact if self.target is None else self.target
        self._set(target=check_port_format("ShiftMultiplier target", target))
        random = self.rounding is Rounding.STOCHASTIC
        check_generator("ShiftMultiplier generator", self.generator, random)
        check_stage("ShiftMultiplier", self.stage)

    @property
    def operands(self) -> dict[str, Format]:
        return {p.name: _port_format(p) for p in self.inputs}

    @property
    def exact(self) -> Format:
        a, weight = self.a, self.weight
        signed = a.signed or weight.signed
        int_bits = a.int_bits + weight.maximum_exponent + weight.signed
        frac_bits = a.frac_bits - weight.minimum_exponent
        if int_bits + frac_bits > 64:
            raise ValueError(
                f"ShiftMultiplier needs {int_bits + frac_bits} bits for the product of {a} "
                f"and {weight}, more than 64"
            )
        return Format(signed=signed, int_bits=int_bits, frac_bits=frac_bits)

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port.output("overflowed", meaning="1 where the result was out of range"),)
        return (
            format_port("a", "in", self.a, meaning="first factor"),
            *weight_ports(self.weight),
            format_port("result", "out", self.target, meaning="rounded product"),
            *(flag if self.overflow is Overflow.ERROR else ()),
        )

    def calculate(self, *codes: Any) -> Any:
        a, *weight = codes
        return a * signed_power(*weight)


def weight_ports(weight: LogFormat) -> tuple[Port, ...]:
    """Return the input ports of a signed power of two."""
    sign = (Port.input("sign", meaning="sign of the weight, 1 for -"),)
    exponent = Port.input(
        "exponent",
        weight.exponent_width,
        maximum=weight.exponents,
        meaning="code of the weight, a power of two; 0 for 0",
    )
    return (*(sign if weight.signed else ()), exponent)


def signed_power(*weight: Any) -> Any:
    """Return weights in units of the smallest power.

    Parameters
    ----------
    *weight : int or int64 array
        The sign, if the weight is signed, and the exponent code. Code 0 gives 0, code k
        gives ``2**(k - 1)``.
    """
    *sign, exponent = weight
    magnitude = 1 << exponent >> 1
    return magnitude * (1 - 2 * sign[0]) if sign else magnitude


def _port_format(port: Port) -> Format:
    return Format(signed=port.signed, int_bits=port.width, frac_bits=0)
