"""JK divider."""

from amaranth.hdl import Module, Mux, Signal

from stochastic import JkDivider

from ..component import Component, component

__all__ = ["JkDividerComponent"]


@component(JkDivider)
class JkDividerComponent(Component):
    """A JK flip-flop."""

    def elaborate(self, platform):
        m = Module()
        state = Signal()
        m.d.comb += self.quotient.eq(state)
        with m.If(self.enable):
            m.d.sync += state.eq(Mux(state, ~self.divisor, self.dividend))
        return m
