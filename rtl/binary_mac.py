"""Accumulate-only unit."""

from amaranth.hdl import Mux

from fixedpoint.binary_mac import BinaryMac

from .component import component
from .weighted_mac import WeightedMacComponent

__all__ = ["BinaryMacComponent"]


@component(BinaryMac)
class BinaryMacComponent(WeightedMacComponent):
    """A negation before the adder."""

    def product(self):
        if self.parameters.weights == "binary":
            return Mux(self.weight, self.a, -self.a)
        return Mux(self.weight, Mux(self.sign, -self.a, self.a), 0)
