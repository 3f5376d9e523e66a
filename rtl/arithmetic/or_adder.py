"""Saturating adder of small values."""

from amaranth.hdl import Module

from stochastic import OrAdder

from ..component import Component, component

__all__ = ["OrAdderComponent"]


@component(OrAdder)
class OrAdderComponent(Component):
    """OR of all streams."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.sum.eq(self.streams.any())
        return m
