"""Number formats, rounding and overflow modes, and formats of exact results."""

from .format import Format
from .log_format import LogFormat
from .modes import Overflow, Rounding

__all__ = ["Format", "LogFormat", "Overflow", "Rounding"]
