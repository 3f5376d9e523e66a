"""Rectifier (ReLU)."""

from amaranth.hdl import Module, Signal

from stochastic import Srelu

from ..component import Component, component

__all__ = ["SreluComponent"]


@component(Srelu)
class SreluComponent(Component):
    """A saturating counter that follows the output, which is 1 where the counter is 0."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        state = Signal(range(p.states), init=p.initial)
        m.d.comb += self.y.eq(self.x | (state == 0))
        with m.If(self.enable):
            with m.If(~self.y):
                m.d.sync += state.eq(state - 1)
            with m.Elif(state != p.states - 1):
                m.d.sync += state.eq(state + 1)
        return m
