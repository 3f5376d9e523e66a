"""Accumulate-only unit."""

from amaranth.hdl import Mux

from fixedpoint.mac.binary_mac import BinaryMac

from ..component import component
from .mac import MacComponent

__all__ = ["BinaryMacComponent"]


@component(BinaryMac)
class BinaryMacComponent(MacComponent):
    """A negation before the adder."""

    def product(self):
        if self.parameters.weights == "binary":
            return Mux(self.weight, self.a, -self.a)
        return Mux(self.weight, Mux(self.sign, -self.a, self.a), 0)
