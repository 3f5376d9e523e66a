"""Rounding and overflow: the reference, the compiled loops and the random words."""

from .reference import CodeOverflowError
from .word_reader import WordReader

__all__ = ["CodeOverflowError", "WordReader"]
