"""Minimum in race logic."""

from amaranth.hdl import Module

from stochastic import RaceMinimum

from ..component import Component, component

__all__ = ["RaceMinimumComponent"]


@component(RaceMinimum)
class RaceMinimumComponent(Component):
    """OR of the edges."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.minimum.eq(self.a | self.b)
        return m
