"""Converter from IEEE 754 single precision to fixed point."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.quantize import quantize
from ..circuit import Circuit, Port, WordSource, check_integer
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..rounding.reference import code_limits, fit_exactly, round_exactly
from ..rounding.rounding_stage import (
    check_generator,
    check_port_format,
    format_port,
    word_fraction,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FloatToFixed"]

FLAGS = {
    "nan": "1 for a value that is no number",
    "infinite": "1 for an infinite value",
    "overflowed": "1 where the result was out of range",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatToFixed(Circuit):
    """Converter from floats to fixed point: one single-precision number a cycle.

    Parameters
    ----------
    target : Format or str
        Of the result, with at most 32 bits and at most 510 integer bits.
    rounding : Rounding
    overflow : Overflow
        With ERROR the result is that of WRAP, and the output ``overflowed`` is 1 in cycles
        whose rounded number the target cannot hold.
    generator : generator, optional
        Source of the words that STOCHASTIC adds; required with STOCHASTIC, else None.

    Raises
    ------
    ValueError
        If the target has more than 32 bits, or more than 510 integer bits.

    Notes
    -----
    Ports: ``value`` in, the 32 bits of an IEEE 754 binary32 number; ``result``, ``nan``,
    ``infinite`` out, and with ERROR ``overflowed``. The latency is 0. Without STOCHASTIC the
    circuit is combinational; else its state is the generator's.

    Finite numbers, including subnormal numbers and both zeros, give the code of `quantize`.
    NaN and the infinities, which `quantize` refuses, give 0 in every mode and set the flag
    ``nan`` or ``infinite``.

    Source: IEEE 754-2019, section 3.4 (binary32), and section 4.3 for the roundings.

    Examples
    --------
    >>> import numpy as np
    >>> from fixedpoint import FloatToFixed, Overflow, Rounding
    >>> converter = FloatToFixed(
    ...     target="sQ3.1", rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE
    ... )
    >>> floats = np.array([0.5, 0.75, -1e9, 1e-40, np.inf], np.float32)
    >>> outputs, _ = converter.run({"value": floats.view(np.uint32)})
    >>> outputs["result"][:, 0].tolist(), outputs["infinite"][:, 0].tolist()
    ([1, 2, -8, 0, 0], [0, 0, 0, 0, 1])
    """

    target: Format
    rounding: Rounding
    overflow: Overflow
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        self._set(
            target=check_port_format("FloatToFixed target", self.target),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
        )
        check_integer("FloatToFixed target width", self.target.width, 1, 32)
        # `_kernel` detects overflow with a format of two more integer bits.
        check_integer("FloatToFixed target integer bits", self.target.int_bits, -512, 510)
        random = self.rounding is Rounding.STOCHASTIC
        check_generator("FloatToFixed generator", self.generator, random)

    @property
    def ports(self) -> tuple[Port, ...]:
        flags = ("nan", "infinite", *(("overflowed",) if self._flagged else ()))
        return (
            Port.input("value", 32, meaning="float32 bit pattern"),
            format_port("result", "out", self.target, meaning="rounded value"),
            *(Port.output(name, meaning=FLAGS[name]) for name in flags),
        )

    @property
    def _flagged(self) -> bool:
        return self.overflow is Overflow.ERROR

    @property
    def _fit(self) -> Overflow:
        return Overflow.WRAP if self._flagged else self.overflow

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.generator is None else (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word = word_fraction(self.generator, words)
        bits = inputs["value"]
        exponent, fraction = bits >> 23 & 0xFF, bits & 0x7FFFFF
        outputs: dict[str, Any] = {
            "result": 0,
            "nan": int(exponent == 255 and fraction != 0),
            "infinite": int(exponent == 255 and fraction == 0),
        }
        overflowed = False
        if exponent < 255:
            significand = fraction | (exponent > 0) << 23
            sign = -1 if bits >> 31 else 1
            value = sign * significand * Fraction(2) ** (max(exponent, 1) - 150)
            code = round_exactly(value / self.target.resolution, self.rounding, word)
            fitted = fit_exactly(code, self.target, self._fit)
            low, high = code_limits(self.target, self._fit)
            outputs["result"], overflowed = fitted, not low <= code <= high
        if self._flagged:
            outputs["overflowed"] = int(overflowed)
        return registers, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        bits = inputs["value"].astype(np.uint32)
        values = bits.view(np.float32)
        special = (bits >> np.uint32(23) & np.uint32(0xFF)) == 255
        fraction = (bits & np.uint32(0x7FFFFF)) != 0
        finite = np.where(special, np.float32(0), values)

        def codes(target, overflow):
            source = None
            if self.generator is not None:
                # All lanes of a cycle take the same word.
                source = _GivenWords(np.repeat(words[0], bits.shape[1]), self.generator.width)
            return quantize(finite, target, self.rounding, overflow, bits=source).codes

        result = codes(self.target, self._fit)
        outputs["result"][:] = np.where(special, 0, result)
        outputs["nan"][:] = special & fraction
        outputs["infinite"][:] = special & ~fraction
        if self._flagged:
            # Saturated to a wider format, numbers that overflow stay outside the target.
            wider = Format(int_bits=self.target.int_bits + 2, frac_bits=self.target.frac_bits)
            saturated = codes(wider, Overflow.SATURATE)
            low, high = self.target.minimum_code, self.target.maximum_code
            outputs["overflowed"][:] = ~special & ((saturated < low) | (saturated > high))


class _GivenWords:
    """A word source that returns given words."""

    def __init__(self, words: NDArray[np.uint32], width: int) -> None:
        self._words, self.width = words, width

    def words(self, n: int, start: int = 0) -> NDArray[np.uint32]:
        return self._words[start : start + n]
