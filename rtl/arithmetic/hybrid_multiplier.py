"""Hybrid stochastic-binary multiplier."""

from amaranth.hdl import Module, Mux

from stochastic import HybridMultiplier

from ..component import Component, component

__all__ = ["HybridMultiplierComponent"]


@component(HybridMultiplier)
class HybridMultiplierComponent(Component):
    """A gate at each bit of the word, behind a negation where the product can be -w."""

    def elaborate(self, platform):
        m = Module()
        encoding = self.parameters.encoding
        if encoding == "bipolar":
            product = Mux(self.stream, self.word, -self.word)
        else:
            signed = encoding == "sign-magnitude"
            word = Mux(self.stream_sign, -self.word, self.word) if signed else self.word
            product = Mux(self.stream, word, 0)
        m.d.comb += self.product.eq(product)
        return m
