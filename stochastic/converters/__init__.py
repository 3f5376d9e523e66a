"""Converters between binary numbers and bit streams."""

from .comparator import Comparator
from .sng import Sng
from .stochastic_to_binary import StochasticToBinary

__all__ = ["Comparator", "Sng", "StochasticToBinary"]
