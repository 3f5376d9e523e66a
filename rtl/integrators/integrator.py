"""Stochastic integrator."""

from amaranth.hdl import Module, Signal

from stochastic import Integrator

from ..component import Component, component, create

__all__ = ["IntegratorComponent"]


@component(Integrator)
class IntegratorComponent(Component):
    """A generator, a saturating up/down counter, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        value = Signal(range(p.maximum + 1), init=p.initial)
        up = self.increment & ~self.decrement & (value != p.maximum)
        down = ~self.increment & self.decrement & (value != 0)
        with m.If(self.enable):
            with m.If(up):
                m.d.sync += value.eq(value + 1)
            with m.Elif(down):
                m.d.sync += value.eq(value - 1)
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.stream.eq(generator.word < value),
            self.value.eq(value),
        ]
        return m
