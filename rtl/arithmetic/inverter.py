"""Inverter of a stream."""

from amaranth.hdl import Module

from stochastic import Inverter

from ..component import Component, component

__all__ = ["InverterComponent"]


@component(Inverter)
class InverterComponent(Component):
    """NOT."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(~self.x)
        return m
