"""The RTL of every circuit in Amaranth, built from the parameters of its golden model."""

from .component import Component, component, create
from .verilog import to_verilog, to_verilog_many

__all__ = ["Component", "component", "create", "to_verilog", "to_verilog_many"]
