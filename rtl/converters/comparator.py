"""Comparator of an SNG whose generator stands outside."""

from amaranth.hdl import Cat, Module

from stochastic import Comparator

from ..component import Component, component

__all__ = ["ComparatorComponent"]


@component(Comparator)
class ComparatorComponent(Component):
    """Wires and a comparator."""

    def elaborate(self, platform):
        m = Module()
        order = self.parameters.order or range(self.parameters.width)
        m.d.comb += self.stream.eq(Cat(self.word[bit] for bit in order) < self.code)
        return m
