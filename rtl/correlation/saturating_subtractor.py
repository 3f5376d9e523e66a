"""Saturating subtractor."""

from amaranth.hdl import Module

from stochastic import SaturatingSubtractor

from ..component import Component, component
from .unpaired import unpaired

__all__ = ["SaturatingSubtractorComponent"]


@component(SaturatingSubtractor)
class SaturatingSubtractorComponent(Component):
    """A counter of the ones held back; a one of a that finds it full is a difference."""

    def elaborate(self, platform):
        m = Module()
        a, _ = unpaired(m, self)
        m.d.comb += self.difference.eq(a)
        return m
