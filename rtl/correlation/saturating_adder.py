"""Saturating adder."""

from amaranth.hdl import Module

from stochastic import SaturatingAdder

from ..component import Component, component
from .paired import paired

__all__ = ["SaturatingAdderComponent"]


@component(SaturatingAdder)
class SaturatingAdderComponent(Component):
    """A desynchronizer and OR."""

    def elaborate(self, platform):
        m = Module()
        a, b = paired(m, self)
        m.d.comb += self.sum.eq(a | b)
        return m
