"""Cross-checks of Verilog with the golden models, and the command line."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fixedpoint.circuit.version import version_attribute

from .catalog import catalog, register
from .circuit_files import load_circuits
from .entry import Entry, Expectation

if TYPE_CHECKING:
    from .checks.cross_check import verify, verify_many
    from .checks.emission import emit
    from .checks.user_check import verify_verilog

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


# The checks are imported when they are first used: the catalogue alone loads faster.
_CHECKS = {
    "emit": "emission",
    "verify": "cross_check",
    "verify_many": "cross_check",
    "verify_verilog": "user_check",
}


def __getattr__(name: str) -> Any:
    if name not in _CHECKS:
        return version_attribute(__name__, name)
    value = getattr(importlib.import_module(f".checks.{_CHECKS[name]}", __name__), name)
    globals()[name] = value
    return value
