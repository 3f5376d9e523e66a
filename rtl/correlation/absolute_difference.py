"""Absolute difference."""

from amaranth.hdl import Module

from stochastic import AbsoluteDifference

from ..component import Component, component
from .unpaired import unpaired

__all__ = ["AbsoluteDifferenceComponent"]


@component(AbsoluteDifference)
class AbsoluteDifferenceComponent(Component):
    """A counter of the ones held back; a one that finds it full is a difference."""

    def elaborate(self, platform):
        m = Module()
        a, b = unpaired(m, self)
        m.d.comb += self.difference.eq(a | b)
        return m
