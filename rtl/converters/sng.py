"""Stochastic number generator."""

from amaranth.hdl import Module

from stochastic import Sng

from ..component import Component, component, create

__all__ = ["SngComponent"]


@component(Sng)
class SngComponent(Component):
    """A generator and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.stream.eq(generator.word < self.code),
        ]
        if p.encoding == "sign-magnitude":
            m.d.comb += self.stream_sign.eq(self.code_sign)
        return m
