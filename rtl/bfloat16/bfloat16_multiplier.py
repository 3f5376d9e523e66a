"""Multiplier of bfloat16 numbers."""

from amaranth.hdl import Module

from fixedpoint.bfloat16.bfloat16_multiplier import Bfloat16Multiplier

from ..component import Component, component
from .operations import multiply

__all__ = ["Bfloat16MultiplierComponent"]


@component(Bfloat16Multiplier)
class Bfloat16MultiplierComponent(Component):
    """A product of 8 by 8 bits, shifters to either side and the rounding."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.result.eq(multiply(m, "multiplier", self.a, self.b))
        return m
