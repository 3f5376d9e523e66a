"""Maximum in race logic."""

from amaranth.hdl import Module

from stochastic import RaceMaximum

from ..component import Component, component

__all__ = ["RaceMaximumComponent"]


@component(RaceMaximum)
class RaceMaximumComponent(Component):
    """AND of the edges."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.maximum.eq(self.a & self.b)
        return m
