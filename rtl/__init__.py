"""Hardware of every circuit in Amaranth, made from the parameters that the models use."""

from . import counter
from .component import Component, create, to_verilog

__all__ = ["Component", "create", "to_verilog"]
