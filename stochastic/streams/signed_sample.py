"""Comparator of a signed number with a generator's word: one bit of a ternary stream."""

from __future__ import annotations

from fixedpoint.kernels.compiled import compiled

__all__ = ["compiled_signed_sample", "signed_sample"]


def signed_sample(value: int, word: int) -> int:
    """Return the sign of `value` if the word is below its magnitude, else 0."""
    return (word < value) - (word < -value)


# The same function for kernels.
compiled_signed_sample = compiled(signed_sample, inline=True)
