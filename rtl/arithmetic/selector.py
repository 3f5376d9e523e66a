"""Scaled adder whose generator stands outside."""

from amaranth.hdl import Cat, Module

from stochastic import Selector

from ..component import Component, component

__all__ = ["SelectorComponent"]


@component(Selector)
class SelectorComponent(Component):
    """The word, scaled to 0..K - 1, steers a multiplexer."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        word = Cat(self.word[bit] for bit in p.order or range(p.width))
        picked = (word * p.fan_in)[p.width :]
        m.d.comb += self.mean.eq(self.streams.bit_select(picked, 1))
        return m
