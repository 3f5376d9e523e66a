"""Stochastic integrator: an up/down counter with a comparator."""

from amaranth.hdl import Module, Signal

from stochastic import Integrator

from ..component import Component, component, create
from .saturating_counter import count_up_down

__all__ = ["IntegratorComponent"]


@component(Integrator)
class IntegratorComponent(Component):
    """A generator, a saturating up/down counter, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        value = Signal(range(p.maximum + 1), init=p.initial)
        count_up_down(m, self.enable, value, self.increment, self.decrement, p.maximum)
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.stream.eq(generator.word < value),
            self.value.eq(value),
        ]
        return m
