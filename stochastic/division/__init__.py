"""Dividers and square roots of streams."""

from .bit_inserting_square_root import BitInsertingSquareRoot
from .cordiv import Cordiv
from .gaines_divider import GainesDivider
from .gaines_square_root import GainesSquareRoot
from .in_stream_divider import InStreamDivider
from .jk_divider import JkDivider

__all__ = [
    "BitInsertingSquareRoot",
    "Cordiv",
    "GainesDivider",
    "GainesSquareRoot",
    "InStreamDivider",
    "JkDivider",
]
