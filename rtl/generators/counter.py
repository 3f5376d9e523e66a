"""Binary up or down counter."""

from amaranth.hdl import Module, Signal

from stochastic import Counter

from ..component import Component, component

__all__ = ["CounterComponent"]


@component(Counter)
class CounterComponent(Component):
    """A register that counts up or down by one in each enabled cycle."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        up = p.direction == "up"
        first = p.phase if up else -1 - p.phase
        count = Signal(p.width, init=first % (1 << p.width))
        with m.If(self.enable):
            m.d.sync += count.eq(count + 1 if up else count - 1)
        m.d.comb += self.word.eq(count)
        return m
