"""Multiplier of integral streams."""

from amaranth.hdl import Module, Mux

from stochastic import IntegralMultiplier

from ..component import Component, component

__all__ = ["IntegralMultiplierComponent"]


@component(IntegralMultiplier)
class IntegralMultiplierComponent(Component):
    """An integer multiplier, or a gate where b is a unipolar bit."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        gated = p.range_b == 1 and p.encoding_b == "unipolar"
        m.d.comb += self.product.eq(Mux(self.b, self.a, 0) if gated else self.a * self.b)
        return m
