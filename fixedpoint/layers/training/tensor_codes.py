"""Tensors of codes: integers in floats, which torch multiplies and adds exactly."""

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


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor of four axes with its channels as the last axis, others unchanged.

    The result is contiguous, and a view if the tensor already has that memory layout.
    """
    values = x.detach()
    return (values.permute(0, 2, 3, 1) if values.dim() == 4 else values).contiguous()


def extremes(x: torch.Tensor) -> tuple[float, float]:
    """Return the smallest and the largest of a tensor's numbers and 0.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    """
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
        For STOCHASTIC. Numbers take words in the order of `channels_last`.
    exponent : int
    unit : float
        A power of two.

    Returns
    -------
    float32 tensor
    """
    values = channels_last(x)
    numbers = tensor_numbers(values).reshape(-1)
    # Not in place: LLVM does not vectorise a loop whose arrays overlap.
    out = np.empty(numbers.size, np.float32)
    random = cast.rounding is Rounding.STOCHASTIC
    words, first, width = np.zeros(1, np.uint32), 0, 1
    if random:
        assert reader is not None
        width = reader.width
        if numbers.size:
            words, first = reader.span(numbers.size)
    shift = cast.format.frac_bits - exponent
    # A float32 cannot represent a scale of 2^128 or more, a double can.
    single = numbers.dtype == np.float32 and width <= 24 and shift < 128
    kind: Any = np.float32 if single else np.float64
    thresholds, ties = AWAY_THRESHOLDS[cast.rounding]
    parity = cast.rounding in (Rounding.NEAREST_EVEN, Rounding.NEAREST_ODD)
    _rounder(random, parity, cast.rounding is Rounding.JAM)(
        numbers,
        out,
        tuple(kind(v) for v in (2.0**shift, TINY, 1)),
        tuple(kind(v) for v in (*thresholds, *ties)),
        tuple(kind(v) for v in (cast.format.minimum_code, cast.format.maximum_code)),
        kind(unit),
        words,
        kind(0.5**width),
        first,
    )
    codes = torch.from_numpy(out.reshape(values.shape))
    return codes.permute(0, 3, 1, 2) if codes.dim() == 4 else codes


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
def _rounder(random: bool, parity: bool, jam: bool) -> Any:
    """Return the loop that converts numbers to codes in float arithmetic of one type.

    It uses the thresholds of `fixedpoint.rounding.kernels.quantizer`. Because codes have at
    most 24 bits, it needs no integers and takes less than half the time.
    """

    @compiled(long_vectors=True)
    def make_codes(values, out, scaling, rule, limits, unit, words, fraction, first):
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
                # A product that underflows keeps its sign, on which rounding depends.
                v = np.copysign(least, x) if (v == zero) & (x != zero) else v
                t = np.trunc(v)
                r = v - t
                negative = r < zero
                size = abs(r)
                tie = (tie_down if negative else tie_up) > zero
                threshold = down if negative else up
                if random:
                    word = fraction * cast_like(words_part[i], one)
                    threshold = word if negative else one - word
                    tie = not negative
                if parity:
                    odd = np.trunc(t * half) * (one + one) != t
                    tie = odd == (tie_up > zero)
                away = (size > threshold) | ((size == threshold) & tie)
                code = t + ((-one if negative else one) if away else zero)
                if jam:
                    code += zero if np.floor(code * half) * (one + one) != code else one
                out_part[i] = min(max(code, limits[0]), limits[1]) * unit
            begin, first = end, 0

    return make_codes
