"""Gaines' divider."""

from amaranth.hdl import Module

from stochastic import GainesDivider

from ..component import Component, component, create
from .feedback_counter import feedback_counter

__all__ = ["GainesDividerComponent"]


@component(GainesDivider)
class GainesDividerComponent(Component):
    """A generator, a counter and a comparator, whose output gates the divisor."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.d.comb += generator.enable.eq(self.enable)
        feedback_counter(
            m, p, self.enable, generator.word, self.dividend, self.divisor, self.quotient
        )
        return m
