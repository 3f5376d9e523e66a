"""Cross-checks of Verilog with the golden models, and the command line."""

from fixedpoint.circuit.version import version_attribute

from .catalog import catalog, register
from .checks.cross_check import verify, verify_many
from .checks.emission import emit
from .checks.user_check import verify_verilog
from .circuit_files import load_circuits
from .entry import Entry, Expectation

__all__ = [
    "Entry",
    "Expectation",
    "catalog",
    "emit",
    "load_circuits",
    "register",
    "verify",
    "verify_many",
    "verify_verilog",
]


def __getattr__(name: str) -> str:
    return version_attribute(__name__, name)
