"""Cross-checks of Verilog with the golden models, and the command line."""

from .catalog import catalog
from .emission import emit
from .cross_check import verify, verify_many

__all__ = ["catalog", "emit", "verify", "verify_many"]
