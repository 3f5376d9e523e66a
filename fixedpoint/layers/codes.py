"""Tensors of codes: whole numbers in floats, which torch multiplies and adds exactly."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import torch

from ..compiled import compiled, deferred
from ..format import Format
from ..modes import Rounding
from ..quantize import THRESHOLDS
from ..words import WordReader
from .cast import Cast
from .values import plain

__all__ = ["Codes", "extremes", "lying", "round_to_codes"]

(typed,) = deferred("fixedpoint.narrow", "typed")


@dataclasses.dataclass(frozen=True)
class Codes:
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

    def values(self) -> torch.Tensor:
        """Turn the codes into values, in place, and return them."""
        return self.tensor.mul_(2.0**-self.frac_bits)


def lying(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor's numbers as they lie side by side: of four axes the second last.

    What is so in memory is not copied.
    """
    held = x.detach()
    return (held.permute(0, 2, 3, 1) if held.dim() == 4 else held).contiguous()


def extremes(x: torch.Tensor) -> tuple[float, float]:
    """Return the least and the greatest number of a tensor and 0, or refuse NaN and infinity."""
    numbers = plain(lying(x))
    least, greatest = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    if not math.isfinite(greatest - least):
        raise ValueError("a role takes finite numbers, not NaN or infinity")
    return least, greatest


def round_to_codes(
    x: torch.Tensor,
    cast: Cast,
    reader: WordReader | None = None,
    exponent: int = 0,
    *,
    reuse: bool = False,
) -> Codes:
    """Return the codes of ``x * 2**-exponent``, each rounded once and saturated.

    Parameters
    ----------
    x : float32 or float64 tensor of finite numbers
    cast : Cast
        Of at most 24 bits; saturating.
    reader : WordReader, optional
        For STOCHASTIC: a word for each number, in the order of `lying`.
    exponent : int
    reuse : bool
        Whether the codes may be written over `x`.
    """
    held = lying(x)
    numbers = plain(held).reshape(-1)
    out = numbers
    if not reuse or numbers.dtype != np.float32:
        out = np.empty(numbers.size, np.float32)
    random = cast.rounding is Rounding.STOCHASTIC
    words, first, width = np.zeros(1, np.uint32), 0, 1
    if random:
        assert reader is not None
        width = reader.width
        if numbers.size:
            words, first = reader.span(numbers.size)
    single = numbers.dtype == np.float32 and width <= 24
    kind: Any = np.float32 if single else np.float64
    (up, down), (tie_up, tie_down) = THRESHOLDS[cast.rounding]
    parity = cast.rounding in (Rounding.NEAREST_EVEN, Rounding.NEAREST_ODD)
    _rounder(random, parity, cast.rounding is Rounding.JAM)(
        numbers,
        out,
        # The least of the type keeps the sign of what the scale makes vanish.
        tuple(kind(v) for v in (2.0 ** (cast.format.frac_bits - exponent), 1e-37, 1.0)),
        tuple(kind(v) for v in (up, down, tie_up, tie_down)),
        tuple(kind(v) for v in (cast.format.minimum_code, cast.format.maximum_code)),
        words,
        kind(0.5**width),
        first,
    )
    codes = torch.from_numpy(out.reshape(held.shape))
    return Codes(codes.permute(0, 3, 1, 2) if codes.dim() == 4 else codes, cast.format)


@functools.cache
def _rounder(random: bool, parity: bool, jam: bool) -> Any:
    """Return the loop that makes codes of numbers, in float arithmetic of one type alone.

    As `fixedpoint.kernels.quantizer`, with the same thresholds, but without integers, so
    that it takes less than half the time: codes here have at most 24 bits.
    """

    @compiled
    def make_codes(values, out, scaling, rule, limits, words, unit, first):
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
                v = np.copysign(least, x) if (v == zero) & (x != zero) else v
                t = np.trunc(v)
                r = v - t
                negative = r < zero
                size = abs(r)
                tie = (tie_down if negative else tie_up) > zero
                threshold = down if negative else up
                if random:
                    word = unit * typed(drawn[i], unit)
                    threshold = word if negative else one - word
                    tie = not negative
                if parity:
                    odd = np.trunc(t * half) * (one + one) != t
                    tie = odd == (tie_up > zero)
                away = (size > threshold) | ((size == threshold) & tie)
                code = t + ((-one if negative else one) if away else zero)
                if jam:
                    code += zero if np.floor(code * half) * (one + one) != code else one
                made[i] = min(max(code, limits[0]), limits[1])
            begin, first = end, 0

    return make_codes
