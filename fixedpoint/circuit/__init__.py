"""The contract: what every circuit is, and the checks that all packages share."""

from .circuit import Circuit
from .parameters import Parameters
from .port import Port
from .state import Register, State
from .word_source import WordSource

__all__ = ["Circuit", "Parameters", "Port", "Register", "State", "WordSource"]
