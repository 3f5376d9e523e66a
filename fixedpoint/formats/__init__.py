"""Number formats, rounding modes, overflow modes and result formats."""

from .format import Format
from .log_format import LogFormat
from .modes import Overflow, Rounding

__all__ = ["Format", "LogFormat", "Overflow", "Rounding"]
