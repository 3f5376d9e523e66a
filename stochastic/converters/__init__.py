"""Converters between binary numbers and bit streams."""

from .sng import Sng
from .stochastic_to_binary import StochasticToBinary

__all__ = ["Sng", "StochasticToBinary"]
