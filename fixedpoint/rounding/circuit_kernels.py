"""Compiled loops shared by the fixed-point circuits.

All numbers are int64; the circuits refuse formats that need more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels.compiled import compiled
from .kernels import fit_code, round_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..circuit import WordSource
    from .rounding_stage import RoundingStage

__all__ = ["quantize_cycles", "quantize_value", "stage_words"]


def stage_words(
    stage: RoundingStage,
    words: list[NDArray[np.uint32]],
    generator: WordSource | None,
    cycles: int,
) -> NDArray[np.int64]:
    """Return the words that a stage adds, one a cycle; zeros without a generator."""
    if generator is None:
        return np.zeros(cycles, np.int64)
    return stage.align_words(words[0], generator.width)


@compiled
def quantize_value(value: Any, word: Any, stage: Any) -> Any:
    """Return the rounded value in range, and whether it overflowed.

    `stage` is from `RoundingStage.kernel_arguments`.
    """
    kind, fit, left, rule, limits = stage
    value = value << left
    rounded = round_code(value >> rule[0], value & rule[1], word, rule, kind)
    return fit_code(rounded, limits, fit), (rounded < limits[0]) | (rounded > limits[1])


@compiled
def quantize_cycles(values, words, stage, out, flags):
    """Quantise ``values [cycles, lanes]``, one word a cycle; `flags` may be empty."""
    cycles, lanes = values.shape
    for t in range(cycles):
        for lane in range(lanes):
            code, overflowed = quantize_value(values[t, lane], words[t], stage)
            out[t, lane] = code
            if len(flags):
                flags[t, lane] = overflowed
