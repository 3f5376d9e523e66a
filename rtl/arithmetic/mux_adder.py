"""Scaled adder."""

from amaranth.hdl import Module

from stochastic import MuxAdder

from ..component import Component, component, create

__all__ = ["MuxAdderComponent"]


@component(MuxAdder)
class MuxAdderComponent(Component):
    """A generator, whose word is scaled to 0..K - 1, and a multiplexer."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        # If K is a power of two, the product is a shift, and these are the upper bits of the
        # word.
        picked = (generator.word * p.fan_in)[p.generator.width :]
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.mean.eq(self.streams.bit_select(picked, 1)),
        ]
        return m
