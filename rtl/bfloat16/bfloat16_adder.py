"""Adder of bfloat16 numbers."""

from amaranth.hdl import Module

from fixedpoint.bfloat16.bfloat16_adder import Bfloat16Adder

from ..component import Component, component
from ..rounding import add_generator
from .operations import add

__all__ = ["Bfloat16AdderComponent"]


@component(Bfloat16Adder)
class Bfloat16AdderComponent(Component):
    """An aligning shifter, an adder, a normalising shifter and the rounding."""

    def elaborate(self, platform):
        m = Module()
        source = self.parameters.generator
        random = source is not None
        word = add_generator(m, "generator", source, self.enable) if random else None
        m.d.comb += self.result.eq(add(m, "adder", self.a, self.b, word))
        return m
