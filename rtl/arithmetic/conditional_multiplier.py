"""Static multiplier by conditional generation (uMUL)."""

from amaranth.hdl import Module, Mux

from stochastic import ConditionalMultiplier

from ..component import Component, component, create

__all__ = ["ConditionalMultiplierComponent"]


@component(ConditionalMultiplier)
class ConditionalMultiplierComponent(Component):
    """A generator that the stream enables; for bipolar streams one more for its zeros."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.d.comb += generator.enable.eq(self.enable & self.stream)
        below = generator.word < self.code
        if p.encoding == "unipolar":
            m.d.comb += self.product.eq(self.stream & below)
            return m
        m.submodules.inverse = inverse = create(p.generator)
        m.d.comb += [
            inverse.enable.eq(self.enable & ~self.stream),
            self.product.eq(Mux(self.stream, below, inverse.word >= self.code)),
        ]
        return m
