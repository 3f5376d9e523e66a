"""Stochastic multiplier."""

from amaranth.hdl import Module

from stochastic import Multiplier

from ..component import Component, component

__all__ = ["MultiplierComponent"]


@component(Multiplier)
class MultiplierComponent(Component):
    """AND or XNOR of the streams; in sign-magnitude also XOR of the signs."""

    def elaborate(self, platform):
        m = Module()
        encoding = self.parameters.encoding
        both = self.a & self.b
        m.d.comb += self.product.eq(~(self.a ^ self.b) if encoding == "bipolar" else both)
        if encoding == "sign-magnitude":
            m.d.comb += self.product_sign.eq(self.a_sign ^ self.b_sign)
        return m
