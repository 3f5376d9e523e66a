"""Codes as the bit patterns that hardware stores: two's complement in unsigned integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit.element_index import first_index
from ..formats.format import Format
from .number_checks import integer_array

__all__ = ["bits_of_codes", "codes_of_bits"]


def bits_of_codes(codes: NDArray[Any], fmt: Format) -> NDArray[np.unsignedinteger[Any]]:
    """Return codes as words of the narrowest unsigned type that holds the format's width."""
    mask = np.uint64((1 << fmt.width) - 1)
    size = next(s for s in (8, 16, 32, 64) if fmt.width <= s)
    words = codes.astype(np.int64 if fmt.signed else np.uint64)
    return (words.view(np.uint64) & mask).astype(f"uint{size}")


def codes_of_bits(bits: ArrayLike, fmt: Format) -> NDArray[Any]:
    """Return the codes that words stand for, as int64, or as uint64 if unsigned.

    Raises
    ------
    ValueError
        If a word has more bits than the format.
    """
    words = integer_array("bits", bits)
    outside = (words < 0) | (words > (1 << fmt.width) - 1)
    if np.any(outside):
        word = words[first_index(outside)]
        raise ValueError(f"{fmt} has {fmt.width} bits, too few for {word}")
    words = words.astype(np.uint64)
    if fmt.signed:
        unused = np.uint64(64 - fmt.width)
        return (words << unused).view(np.int64) >> np.int64(unused)
    return words
