"""The format that suits given numbers best."""

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

__all__ = ["METHODS", "choose_format", "format_of_range"]

METHODS = ("error", "maximum")


def choose_format(
    values: ArrayLike | torch.Tensor,
    width: int,
    *,
    signed: bool | None = None,
    method: str = "error",
) -> Format:
    """Return the format of so many bits that holds given numbers best.

    Parameters
    ----------
    values : array or tensor of real numbers
    width : int
        Bits of the format, 1..53.
    signed : bool, optional
        By default signed if a number is negative.
    method : {"error", "maximum"}
        - ``"maximum"``: the most fraction bits with which no number saturates.
        - ``"error"``: the fraction bits with the least mean squared error when the numbers
          are rounded to the nearest and saturated; the fewest of several. They are at
          least those of ``"maximum"``, for a finer grid of the same range has every value
          of a coarser one.

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
    held = values.detach().numpy() if isinstance(values, torch.Tensor) else values
    numbers = np.asarray(held, np.float64).reshape(-1)
    least, greatest = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    if signed is None:
        signed = least < 0
    if least < 0 and not signed:
        raise ValueError(f"an unsigned format is chosen for no negative numbers, not {least}")
    safe = format_of_range(least, greatest, width, signed)
    if method == "maximum":
        return safe
    best, chosen = math.inf, safe
    for more in itertools.count():
        fmt = _format(width, safe.frac_bits + more, signed)
        low, high = float(fmt.minimum), float(fmt.maximum)
        clipped = numbers[(numbers < low) | (numbers > high)]
        # With more fraction bits more is clipped, so beyond this no format can be better.
        if _squares(clipped - np.clip(clipped, low, high)) >= best:
            break
        error = _squares(quantize(numbers, fmt).to_float() - numbers)
        if error < best:
            best, chosen = error, fmt
    return chosen


def _squares(values: Any) -> float:
    return float(np.sum(values * values))


def _format(width: int, frac_bits: int, signed: bool) -> Format:
    return Format(signed=signed, int_bits=width - frac_bits, frac_bits=frac_bits)


def format_of_range(least: float, greatest: float, width: int, signed: bool) -> Format:
    """Return the format with the most fraction bits in which neither end saturates.

    Parameters
    ----------
    least, greatest : float
        At most 0, and at least 0.
    width : int
    signed : bool
    """
    largest = max(-least, greatest)
    if not math.isfinite(largest):
        raise ValueError("a format is chosen for finite numbers, not for NaN or infinity")
    if largest == 0:
        return _format(width, width - signed, signed)
    # Two more fraction bits than can be right, then down to the first that hold both ends.
    frac_bits = width - signed - math.frexp(largest)[1] + 2
    fmt = _format(width, frac_bits, signed)
    low, high = fmt.minimum_code, fmt.maximum_code
    while True:
        # A double times a power of two is exact, and Python rounds halves to even. Where
        # the lesser end is so small that it is not exact, it rounds to 0 all the same.
        first, last = (round(math.ldexp(end, frac_bits)) for end in (least, greatest))
        if low <= first and last <= high:
            return _format(width, frac_bits, signed)
        frac_bits -= 1
