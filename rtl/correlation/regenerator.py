"""Regenerator."""

from amaranth.hdl import Module, Signal

from stochastic import Regenerator

from ..component import Component, component, create

__all__ = ["RegeneratorComponent"]


@component(Regenerator)
class RegeneratorComponent(Component):
    """A counter of cycles, a counter of ones, the code of a window, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        width = p.generator.width
        m.submodules.generator = generator = create(p.generator)
        cycle = Signal(width)
        count = Signal(width)
        total = Signal(width + 1)
        code = Signal(width + 1, init=p.initial)
        m.d.comb += [
            generator.enable.eq(self.enable),
            total.eq(count + self.x),
            self.y.eq(generator.word < code),
        ]
        with m.If(self.enable):
            # The count of a whole window, 2^n at the most, leaves 0 in the n bits only if
            # every bit was 1: it is cleared anyway.
            m.d.sync += [cycle.eq(cycle + 1), count.eq(total)]
            with m.If(cycle.all()):
                m.d.sync += [code.eq(total), count.eq(0)]
        return m
