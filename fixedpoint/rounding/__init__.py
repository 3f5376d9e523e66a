"""Rounding and overflow: reference, compiled loops and random words."""

from .reference import CodeOverflowError
from .word_reader import WordReader

__all__ = ["CodeOverflowError", "WordReader"]
