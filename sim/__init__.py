"""Cross-checks of Verilog with the golden models, and the command line."""

from .catalog import catalog
from .checks.cross_check import verify, verify_many
from .checks.emission import emit

__all__ = ["catalog", "emit", "verify", "verify_many"]
