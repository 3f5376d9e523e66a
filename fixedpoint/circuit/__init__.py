"""The contract: what every circuit is, and the checks that all packages share."""

from .array_checks import check_array, check_axes, check_broadcast, check_control
from .checks import check_choice, check_flag, check_integer, check_number
from .circuit import Circuit
from .parameters import Parameters, json_object
from .port import Port
from .state import Register, State
from .word_source import WordSource

__all__ = [
    "Circuit",
    "Parameters",
    "Port",
    "Register",
    "State",
    "WordSource",
    "check_array",
    "check_axes",
    "check_broadcast",
    "check_choice",
    "check_control",
    "check_flag",
    "check_integer",
    "check_number",
    "json_object",
]
