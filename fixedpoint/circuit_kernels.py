"""The compiled loops of the fixed-point circuits.

They stand apart so that Numba, slow to load, is loaded by the first run of a circuit. All
numbers are int64: the circuits refuse formats with which that would not be enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .kernels import _fit, _round

__all__ = ["no_words", "quantize_cycles", "quantized"]


def no_words(cycles: int) -> NDArray[np.int64]:
    """Return the words of a circuit without a generator."""
    return np.zeros(cycles, np.int64)


@njit(cache=True)
def quantized(value: Any, word: Any, stage: Any) -> Any:
    """Return a value rounded and in range, and whether it overflowed; see `Stage`."""
    kind, fit, left, rule, limits = stage
    value = value << left
    rounded = _round(value >> rule[0], value & rule[1], word, rule, kind)
    return _fit(rounded, limits, fit), (rounded < limits[0]) | (rounded > limits[1])


@njit(cache=True, nogil=True)
def quantize_cycles(values, words, stage, out, flags):
    """Quantise ``values [cycles, lanes]``, one word a cycle; `flags` may be empty."""
    cycles, lanes = values.shape
    for t in range(cycles):
        for lane in range(lanes):
            code, overflowed = quantized(values[t, lane], words[t], stage)
            out[t, lane] = code
            if len(flags):
                flags[t, lane] = overflowed
