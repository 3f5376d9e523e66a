"""The RTL of every circuit in Amaranth, built from the parameters of its golden model."""

from fixedpoint.circuit.packages import explained
from fixedpoint.circuit.version import version_attribute

try:
    from .component import Component, component, create
    from .verilog import to_verilog, to_verilog_many
except ModuleNotFoundError as error:
    raise explained(error) from None

__all__ = ["Component", "component", "create", "to_verilog", "to_verilog_many"]


def __getattr__(name: str) -> str:
    return version_attribute(__name__, name)
