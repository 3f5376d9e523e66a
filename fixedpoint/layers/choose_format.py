"""Choice of a format for given numbers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from ..arrays.quantize import quantize
from ..circuit import check_choice, check_integer
from ..formats.format import Format
from .cast import MAX_WIDTH

__all__ = ["METHODS", "choose_format", "format_of_range", "frac_bits_of_range"]

METHODS = ("error", "maximum")


def choose_format(
    values: ArrayLike | torch.Tensor,
    width: int,
    *,
    signed: bool | None = None,
    method: str = "error",
) -> Format:
    """Return the best format of a given width for given numbers.

    Parameters
    ----------
    values : array or tensor of real numbers
    width : int
        Bits of the format, 1..53.
    signed : bool, optional
        By default signed if a number is negative.
    method : {"error", "maximum"}
        - ``"maximum"``: the largest number of fraction bits with which no number saturates.
        - ``"error"``: the number of fraction bits that minimises the mean squared error of
          rounding to nearest and saturating; the smallest of several. It is at least that of
          ``"maximum"``.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, or negative in an unsigned format.

    Examples
    --------
    >>> from fixedpoint.layers import choose_format
    >>> str(choose_format([0.5, -3.9], 8)), str(choose_format([0.5, 3.9], 8))
    ('sQ3.5', 'uQ2.6')
    >>> values = [0.01 * i for i in range(100)] + [-1.01]
    >>> str(choose_format(values, 4, method="maximum")), str(choose_format(values, 4))
    ('sQ2.2', 'sQ1.3')
    """
    width = check_integer("format width", width, 1, MAX_WIDTH)
    check_choice("method of choosing formats", method, METHODS)
    array = values.detach().numpy() if isinstance(values, torch.Tensor) else values
    numbers = np.asarray(array, np.float64).reshape(-1)
    smallest, largest = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    if signed is None:
        signed = smallest < 0
    if smallest < 0 and not signed:
        raise ValueError(f"an unsigned format is chosen for numbers from 0, not {smallest}")
    safe = format_of_range(smallest, largest, width, signed)
    if method == "maximum":
        return safe
    least_error, best = math.inf, safe
    for extra_bits in itertools.count():
        fmt = _format(width, safe.frac_bits + extra_bits, signed)
        low, high = float(fmt.minimum), float(fmt.maximum)
        clipped = numbers[(numbers < low) | (numbers > high)]
        # More fraction bits clip more, so from here on no format can be better.
        if _sum_of_squares(clipped - np.clip(clipped, low, high)) >= least_error:
            break
        error = _sum_of_squares(quantize(numbers, fmt).to_float() - numbers)
        if error < least_error:
            least_error, best = error, fmt
    return best


def _sum_of_squares(values: Any) -> float:
    return float(np.sum(values * values))


def _format(width: int, frac_bits: int, signed: bool) -> Format:
    return Format(signed=signed, int_bits=width - frac_bits, frac_bits=frac_bits)


def format_of_range(least: float, greatest: float, width: int, signed: bool) -> Format:
    """Return the format with the most fraction bits in which neither end saturates.

    Parameters
    ----------
    least, greatest : float
        Ends of the range, at most 0 and at least 0.
    width : int
    signed : bool
    """
    return _format(width, frac_bits_of_range(least, greatest, width, signed), signed)


def frac_bits_of_range(least: float, greatest: float, width: int, signed: bool) -> int:
    """Return the fraction bits of `format_of_range`."""
    largest = max(-least, greatest)
    if not math.isfinite(largest):
        raise ValueError("a format is chosen for finite numbers, not for NaN or infinity")
    if largest == 0:
        return width - signed
    low, high = -(1 << (width - 1)) if signed else 0, (1 << (width - signed)) - 1
    # Start with two fraction bits too many and decrease until both ends fit.
    frac_bits = width - signed - math.frexp(largest)[1] + 2
    while True:
        # A double times a power of two is exact, and Python rounds ties to even. The smaller
        # end may be so small that the product is not exact; it then rounds to 0 anyway.
        first, last = (round(math.ldexp(end, frac_bits)) for end in (least, greatest))
        if low <= first and last <= high:
            return frac_bits
        frac_bits -= 1
