"""Adder of integral streams."""

from amaranth.hdl import Module

from stochastic import IntegralAdder

from ..component import Component, component, elements

__all__ = ["IntegralAdderComponent"]


@component(IntegralAdder)
class IntegralAdderComponent(Component):
    """A tree of adders."""

    def elaborate(self, platform):
        m = Module()
        level = elements(self.values, self.parameters.inputs[0])
        while len(level) > 1:
            pairs = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
            level = pairs + level[len(pairs) * 2 :]
        m.d.comb += self.sum.eq(level[0])
        return m
