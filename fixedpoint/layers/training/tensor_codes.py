"""Tensors of codes: whole numbers in floats, which torch multiplies and adds exactly."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import torch

from ...arrays.quantize import AWAY_THRESHOLDS
from ...formats.format import Format
from ...formats.modes import Rounding
from ...kernels.compiled import compiled, deferred
from ...rounding.word_reader import WordReader
from ..cast import Cast
from ..tensor_values import tensor_numbers

__all__ = ["CodeTensor", "channels_last", "extremes", "round_in_float"]

(cast_like,) = deferred("fixedpoint.kernels.integer_operations", "cast_like")

# Stands for a product that vanishes, in both types of floats.
LEAST = 1e-37


@dataclasses.dataclass(frozen=True)
class CodeTensor:
    """A tensor of codes, and the format whose codes they are.

    Attributes
    ----------
    tensor : float32 tensor
        Whole numbers. One of four axes lies in memory with its channels last.
    format : Format
        Of at most 24 bits.
    """

    tensor: torch.Tensor
    format: Format

    @property
    def frac_bits(self) -> int:
        """The values are the codes times ``2**-frac_bits``."""
        return self.format.frac_bits

    @property
    def largest(self) -> int:
        """What no code exceeds in size."""
        return max(-self.format.minimum_code, self.format.maximum_code)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor's numbers as they lie side by side: of four axes the second last.

    What is so in memory is not copied.
    """
    held = x.detach()
    return (held.permute(0, 2, 3, 1) if held.dim() == 4 else held).contiguous()


def extremes(x: torch.Tensor) -> tuple[float, float]:
    """Return the least and the greatest of a tensor's numbers and 0; refuse infinite ones."""
    numbers = tensor_numbers(channels_last(x)).reshape(-1)
    whole: Any = np.int32 if numbers.dtype == np.float32 else np.int64
    magnitude = whole(np.iinfo(whole).max)
    ends = np.array(_extremes(numbers.view(whole), magnitude), whole).view(numbers.dtype)
    if not np.isfinite(ends).all():
        raise ValueError("a role takes finite numbers, not NaN or infinity")
    return -float(ends[0]), float(ends[1])


def round_in_float(
    x: torch.Tensor,
    cast: Cast,
    reader: WordReader | None,
    exponent: int,
    unit: float,
) -> torch.Tensor:
    """Return the codes of ``x * 2**-exponent``, rounded once and saturated, times `unit`.

    Parameters
    ----------
    x : float32 or float64 tensor of finite numbers
    cast : Cast
        Of at most 24 bits; saturating.
    reader : WordReader or None
        For STOCHASTIC: a word for each number, in the order of `channels_last`.
    exponent : int
    unit : float
        A power of two.

    Returns
    -------
    float32 tensor
    """
    held = channels_last(x)
    numbers = tensor_numbers(held).reshape(-1)
    # Not over the numbers themselves: of a loop whose arrays overlap LLVM makes no vectors.
    out = np.empty(numbers.size, np.float32)
    random = cast.rounding is Rounding.STOCHASTIC
    words, first, width = np.zeros(1, np.uint32), 0, 1
    if random:
        assert reader is not None
        width = reader.width
        if numbers.size:
            words, first = reader.span(numbers.size)
    shift = cast.format.frac_bits - exponent
    # What 2^128 times a float32 comes to only a double tells: zero stays zero.
    single = numbers.dtype == np.float32 and width <= 24 and shift < 128
    kind: Any = np.float32 if single else np.float64
    thresholds, ties = AWAY_THRESHOLDS[cast.rounding]
    parity = cast.rounding in (Rounding.NEAREST_EVEN, Rounding.NEAREST_ODD)
    _rounder(random, parity, cast.rounding is Rounding.JAM)(
        numbers,
        out,
        tuple(kind(v) for v in (2.0**shift, LEAST, 1)),
        tuple(kind(v) for v in (*thresholds, *ties)),
        tuple(kind(v) for v in (cast.format.minimum_code, cast.format.maximum_code)),
        kind(unit),
        words,
        kind(0.5**width),
        first,
    )
    made = torch.from_numpy(out.reshape(held.shape))
    return made.permute(0, 3, 1, 2) if made.dim() == 4 else made


@compiled
def _extremes(bits, magnitude):
    """Return the magnitude of the least and the greatest of floats and 0, all as their bits.

    Bits are in the order of the magnitudes; NaN is above infinity.
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
def _rounder(random: bool, parity: bool, jam: bool) -> Any:
    """Return the loop that makes codes of numbers, in float arithmetic of one type alone.

    As `fixedpoint.rounding.kernels.quantizer`, with the same thresholds, but without
    integers, so that it takes less than half the time: codes here have at most 24 bits.
    """

    @compiled(long_vectors=True)
    def make_codes(values, out, scaling, rule, limits, unit, words, fraction, first):
        scale, least, one = scaling
        up, down, tie_up, tie_down = rule
        zero, half = one - one, one / (one + one)
        begin = 0
        while begin < len(values):
            end = min(len(values), begin + len(words) - first) if random else len(values)
            part, drawn, made = values[begin:end], words[first:], out[begin:end]
            for i in range(len(part)):
                x = part[i]
                v = x * scale
                # A product that vanishes keeps its sign, on which rounding depends.
                v = np.copysign(least, x) if (v == zero) & (x != zero) else v
                t = np.trunc(v)
                r = v - t
                negative = r < zero
                size = abs(r)
                tie = (tie_down if negative else tie_up) > zero
                threshold = down if negative else up
                if random:
                    word = fraction * cast_like(drawn[i], one)
                    threshold = word if negative else one - word
                    tie = not negative
                if parity:
                    odd = np.trunc(t * half) * (one + one) != t
                    tie = odd == (tie_up > zero)
                away = (size > threshold) | ((size == threshold) & tie)
                code = t + ((-one if negative else one) if away else zero)
                if jam:
                    code += zero if np.floor(code * half) * (one + one) != code else one
                made[i] = min(max(code, limits[0]), limits[1]) * unit
            begin, first = end, 0

    return make_codes
