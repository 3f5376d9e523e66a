"""Isolator."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import Isolator

from ..component import Component, component

__all__ = ["IsolatorComponent"]


@component(Isolator, subclasses=True)
class IsolatorComponent(Component):
    """A line of flip-flops."""

    def elaborate(self, platform):
        m = Module()
        line = Signal(self.parameters.cycles)
        with m.If(self.enable):
            m.d.sync += line.eq(Cat(self.x, line))
        m.d.comb += self.y.eq(line[-1])
        return m
