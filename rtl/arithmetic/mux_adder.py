"""Scaled adder."""

from amaranth.hdl import Module

from stochastic import MuxAdder

from ..component import Component, component, create

__all__ = ["MuxAdderComponent"]


@component(MuxAdder)
class MuxAdderComponent(Component):
    """A generator, its word scaled to 0..K - 1, and a multiplexer."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        # For K a power of two the product is a shift, and this is the word's upper bits.
        picked = (generator.word * p.fan_in)[p.generator.width :]
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.mean.eq(self.streams.bit_select(picked, 1)),
        ]
        return m
