"""Minimum."""

from amaranth.hdl import Module

from stochastic import Minimum

from ..component import Component, component
from .paired import paired

__all__ = ["MinimumComponent"]


@component(Minimum)
class MinimumComponent(Component):
    """A synchronizer and AND."""

    def elaborate(self, platform):
        m = Module()
        a, b = paired(m, self)
        m.d.comb += self.minimum.eq(a & b)
        return m
