"""Dividers and square roots of streams."""

from .gaines_divider import GainesDivider
from .gaines_square_root import GainesSquareRoot
from .jk_divider import JkDivider

__all__ = ["GainesDivider", "GainesSquareRoot", "JkDivider"]
