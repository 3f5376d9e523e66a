"""Correlation of streams: circuits that change it, and functions that follow from it."""

from .absolute_difference import AbsoluteDifference
from .desynchronizer import Desynchronizer
from .maximum import Maximum
from .minimum import Minimum
from .saturating_adder import SaturatingAdder
from .saturating_subtractor import SaturatingSubtractor
from .synchronizer import Synchronizer

__all__ = [
    "AbsoluteDifference",
    "Desynchronizer",
    "Maximum",
    "Minimum",
    "SaturatingAdder",
    "SaturatingSubtractor",
    "Synchronizer",
]
