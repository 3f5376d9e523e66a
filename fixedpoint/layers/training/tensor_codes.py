"""Tensors of codes: integers in floats, which torch multiplies and adds exactly."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import torch

from ...arrays.quantize import AWAY_THRESHOLDS
from ...formats.format import Format
from ...formats.modes import Rounding
from ...kernels.compiled import compiled, deferred
from ...rounding.word_reader import WordReader
from ..cast import Cast
from .computed_tensor import ComputedTensor, blocks

__all__ = ["CodeTensor", "extremes", "round_in_float"]

(cast_like,) = deferred("fixedpoint.kernels.integer_operations", "cast_like")

# The bits of a float without its sign, for each float type.
_MAGNITUDES: dict[Any, Any] = {
    np.dtype(np.float32): np.int32(0x7FFF_FFFF),
    np.dtype(np.float64): np.int64(0x7FFF_FFFF_FFFF_FFFF),
}
_FINITE = "a role takes finite numbers, not NaN or infinity"
_NO_WORDS = np.zeros(1, np.uint32)
# Replaces a product that underflows, in both float types.
TINY = 1e-37


@dataclasses.dataclass(frozen=True)
class CodeTensor:
    """A tensor of codes and their format.

    Attributes
    ----------
    tensor : float32 tensor
        Integers. A tensor of four axes is channels-last in memory.
    format : Format
        Of at most 24 bits.
    """

    tensor: torch.Tensor
    format: Format

    @property
    def frac_bits(self) -> int:
        """Fraction bits of the format: values are codes times ``2**-frac_bits``."""
        return self.format.frac_bits

    @property
    def largest(self) -> int:
        """The largest magnitude of a code of the format."""
        return max(-self.format.minimum_code, self.format.maximum_code)


def extremes(x: torch.Tensor | ComputedTensor) -> tuple[float, float]:
    """Return the smallest and the largest of a tensor's numbers and 0.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    """
    if isinstance(x, ComputedTensor) and x.range is not None:
        low, high = x.range()
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError(_FINITE)
        return min(0.0, low), max(0.0, high)
    least = greatest = 0.0
    for numbers in blocks(x):
        magnitude = _MAGNITUDES[numbers.dtype]
        bits = np.array(_extremes(numbers.view(magnitude.dtype), magnitude), magnitude.dtype)
        ends = bits.view(numbers.dtype).tolist()
        if not all(map(math.isfinite, ends)):
            raise ValueError(_FINITE)
        least, greatest = max(least, ends[0]), max(greatest, ends[1])
    return -least, greatest


def round_in_float(
    x: torch.Tensor | ComputedTensor,
    cast: Cast,
    reader: WordReader | None,
    exponent: int,
    unit: float,
) -> torch.Tensor:
    """Return the codes of ``x * 2**-exponent``, rounded once and saturated, times `unit`.

    Parameters
    ----------
    x : tensor of finite numbers
        Stored as float32 or float64, or computed.
    cast : Cast
        Of at most 24 bits; saturating.
    reader : WordReader or None
        For STOCHASTIC. Numbers take words in the order of `channels_last`.
    exponent : int
    unit : float
        A power of two.

    Returns
    -------
    float32 tensor
    """
    # Not in place: LLVM does not vectorise a loop whose arrays overlap.
    out = np.empty(x.numel(), np.float32)
    words, first, width = _NO_WORDS, 0, 1
    if cast.rounding is Rounding.STOCHASTIC:
        assert reader is not None
        width = reader.width
        if out.size:
            words, first = reader.span(out.size)
        if width < 32:
            # Processors without AVX-512 convert signed words in one instruction.
            words = words.view(np.int32)
    shift = cast.format.frac_bits - exponent
    # A float32 cannot represent a scale of 2^128 or more, a double can.
    single = x.dtype == torch.float32 and width <= 24 and shift < 128
    rounder, *constants = _rounding(cast, shift, unit, width, single)
    begin = 0
    for numbers in blocks(x):
        end = begin + len(numbers)
        rounder(numbers, out[begin:end], *constants, words, first)
        begin, first = end, (first + len(numbers)) % len(words)
    if len(x.shape) != 4:
        return torch.from_numpy(out.reshape(x.shape))
    images, channels, rows, columns = x.shape
    return torch.from_numpy(out.reshape(images, rows, columns, channels)).permute(0, 3, 1, 2)


@functools.lru_cache(maxsize=4096)
def _rounding(cast: Cast, shift: int, unit: float, width: int, single: bool) -> tuple[Any, ...]:
    """Return the loop of a cast, and its arguments between the arrays and the words."""
    kind: Any = np.float32 if single else np.float64
    thresholds, ties = AWAY_THRESHOLDS[cast.rounding]
    return (
        _rounder(cast.rounding),
        tuple(kind(v) for v in (2.0**shift, TINY, 1)),
        tuple(kind(v) for v in (*thresholds, *ties)),
        tuple(kind(v) for v in (cast.format.minimum_code, cast.format.maximum_code)),
        kind(unit),
        kind(0.5**width),
    )


@compiled
def _extremes(bits, magnitude):
    """Return the magnitudes of the smallest and largest of floats and 0, as their bits.

    The bits are ordered as the magnitudes; NaN is above infinity.
    """
    zero = cast_like(magnitude ^ magnitude, magnitude)
    least, greatest = zero, zero
    for i in range(len(bits)):
        value = bits[i]
        size = cast_like(value & magnitude, magnitude)
        least = cast_like(max(least, size if value < 0 else zero), magnitude)
        greatest = cast_like(max(greatest, value), magnitude)
    return least, greatest


@functools.cache
def _rounder(rounding: Rounding) -> Any:
    """Return the loop that converts numbers to codes in float arithmetic of one type.

    It uses the thresholds of `fixedpoint.rounding.kernels.quantizer`. Because codes have at
    most 24 bits, it needs no integers and takes less than half the time.
    """
    even, random = rounding is Rounding.NEAREST_EVEN, rounding is Rounding.STOCHASTIC
    odd, jam = rounding is Rounding.NEAREST_ODD, rounding is Rounding.JAM

    @compiled(long_vectors=True)
    def make_codes(values, out, scaling, rule, limits, unit, fraction, words, first):
        scale, least, one = scaling
        up, down, tie_up, tie_down = rule
        zero, half = one - one, one / (one + one)
        begin = 0
        while begin < len(values):
            end = min(len(values), begin + len(words) - first) if random else len(values)
            values_part, words_part, out_part = values[begin:end], words[first:], out[begin:end]
            for i in range(len(values_part)):
                x = values_part[i]
                v = x * scale
                if even:
                    # The sum turns -0 into 0.
                    code = np.rint(v) + zero
                else:
                    # A product that underflows keeps its sign, on which rounding depends.
                    v = np.copysign(least, x) if (v == zero) & (x != zero) else v
                    t = np.trunc(v)
                    r = v - t
                    if random:
                        word = fraction * cast_like(words_part[i], one)
                        code = t + (one if r >= one - word else zero)
                        code -= one if r < -word else zero
                    else:
                        negative = r < zero
                        size = abs(r)
                        tie = (tie_down if negative else tie_up) > zero
                        threshold = down if negative else up
                        if odd:
                            tie = np.trunc(t * half) * (one + one) == t
                        away = (size > threshold) | ((size == threshold) & tie)
                        code = t + ((-one if negative else one) if away else zero)
                    if jam:
                        code += zero if np.floor(code * half) * (one + one) != code else one
                out_part[i] = min(max(code, limits[0]), limits[1]) * unit
            begin, first = end, 0

    return make_codes
