"""Maximum."""

from amaranth.hdl import Module

from stochastic import Maximum

from ..component import Component, component
from .paired import paired

__all__ = ["MaximumComponent"]


@component(Maximum)
class MaximumComponent(Component):
    """A synchronizer and OR."""

    def elaborate(self, platform):
        m = Module()
        a, b = paired(m, self)
        m.d.comb += self.maximum.eq(a | b)
        return m
