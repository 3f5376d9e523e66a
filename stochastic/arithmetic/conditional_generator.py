"""Generators that advance only when a condition holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..generators.generator import Generator, check_generator

__all__ = ["MOST_WORDS", "check_conditional", "whole_period"]

# Each lane reads the sequence at a place of its own, so it is kept as a table.
MOST_WORDS = 1 << 16


def check_conditional(name: str, value: Any) -> Generator:
    """Return `value` after a check that it is a generator of a short period.

    Parameters
    ----------
    name : str
        Beginning of the error message: ``"ConditionalMultiplier generator"``.
    value : Generator
        Of at most 65536 words before it repeats.
    """
    generator = check_generator(name, value)
    if generator.period > MOST_WORDS:
        raise ValueError(
            f"{name} must repeat after at most {MOST_WORDS} words, not {generator.period}"
        )
    return generator


def whole_period(generator: Generator) -> NDArray[np.int64]:
    """Return the words of a period as int64."""
    return generator.words(generator.period).astype(np.int64)
