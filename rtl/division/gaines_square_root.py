"""Gaines' square root."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import GainesSquareRoot

from ..component import Component, component, create
from .feedback_counter import feedback_counter

__all__ = ["GainesSquareRootComponent"]


@component(GainesSquareRoot)
class GainesSquareRootComponent(Component):
    """A generator, a counter and a comparator, whose output meets its delayed self."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.d.comb += generator.enable.eq(self.enable)
        earlier = Signal(p.delay)
        with m.If(self.enable):
            m.d.sync += earlier.eq(Cat(self.root, earlier[:-1]))
        feedback_counter(m, p, self.enable, generator.word, self.x, earlier[-1], self.root)
        return m
