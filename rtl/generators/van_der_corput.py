"""Van der Corput sequence."""

from amaranth.hdl import Module, Signal

from stochastic import VanDerCorput

from ..component import Component, component

__all__ = ["VanDerCorputComponent"]


@component(VanDerCorput)
class VanDerCorputComponent(Component):
    """An up counter whose bits form the word in reverse order."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        count = Signal(p.width, init=p.phase % (1 << p.width))
        with m.If(self.enable):
            m.d.sync += count.eq(count + 1)
        m.d.comb += self.word.eq(count[::-1])
        return m
