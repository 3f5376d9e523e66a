"""Hard hyperbolic tangent."""

from amaranth.hdl import Module, Mux

from stochastic import HardTanh

from ..arithmetic.carry_adder import pay_for_ones
from ..component import Component, component

__all__ = ["HardTanhComponent"]


@component(HardTanh)
class HardTanhComponent(Component):
    """An accumulator that gains g or loses it, and pays 1 for its output of 1 or -1."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        # One more than g or -g, so that an output of 1 costs 2 and one of -1 nothing.
        gained = Mux(self.x, p.gain_factor + 1, 1 - p.gain_factor)
        pay_for_ones(m, self.enable, gained, self.y, 2, p.width, True)
        return m
