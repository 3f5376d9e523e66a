"""Circuits that compute an exact value and round it."""

from .fixed_adder import FixedAdder
from .fixed_multiplier import FixedMultiplier
from .float_to_fixed import FloatToFixed
from .log_quantizer import LogQuantizer
from .requantizer import Requantizer
from .shift_multiplier import ShiftMultiplier

__all__ = [
    "FixedAdder",
    "FixedMultiplier",
    "FloatToFixed",
    "LogQuantizer",
    "Requantizer",
    "ShiftMultiplier",
]
