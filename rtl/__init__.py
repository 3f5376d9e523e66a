"""Hardware of every circuit in Amaranth, made from the parameters that the models use."""

from .component import Component, component, create
from .verilog import to_verilog, to_verilog_many

__all__ = ["Component", "component", "create", "to_verilog", "to_verilog_many"]
