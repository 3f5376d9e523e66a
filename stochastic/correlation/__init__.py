"""Correlation of streams: circuits that change it, and functions that follow from it."""

from .absolute_difference import AbsoluteDifference
from .decorrelator import Decorrelator
from .desynchronizer import Desynchronizer
from .isolator import Isolator
from .maximum import Maximum
from .minimum import Minimum
from .regenerator import Regenerator
from .saturating_adder import SaturatingAdder
from .saturating_subtractor import SaturatingSubtractor
from .synchronizer import Synchronizer
from .tracking_forecast_memory import TrackingForecastMemory

__all__ = [
    "AbsoluteDifference",
    "Decorrelator",
    "Desynchronizer",
    "Isolator",
    "Maximum",
    "Minimum",
    "Regenerator",
    "SaturatingAdder",
    "SaturatingSubtractor",
    "Synchronizer",
    "TrackingForecastMemory",
]
