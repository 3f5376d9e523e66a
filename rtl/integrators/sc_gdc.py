"""Stochastic gradient-descent circuit: two multipliers and an integrator."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned

from stochastic import Multiplier, ScGdc

from ..component import Component, component, create
from .saturating_counter import saturate_sum

__all__ = ["ScGdcComponent"]


@component(ScGdc)
class ScGdcComponent(Component):
    """Two multipliers, a generator, a saturating counter, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        rise = self._product(m, "excitatory")
        fall = self._product(m, "inhibitory")
        has_signs = p.encoding == "sign-magnitude"
        shape = signed(p.width + 2) if has_signs else unsigned(p.width + 1)
        value = Signal(shape, init=p.initial)
        moved = Signal(signed(p.width + 3))
        m.d.comb += moved.eq(value + rise - fall)
        with m.If(self.enable):
            m.d.sync += value.eq(saturate_sum(moved, *p.limits, 2 if has_signs else 1))
        magnitude = value
        if has_signs:
            m.d.comb += self.stream_sign.eq(value < 0)
            magnitude = Mux(self.stream_sign, (-value)[: p.width + 1], value[: p.width + 1])
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.stream.eq(generator.word < magnitude),
            self.value.eq(value),
        ]
        return m

    def _product(self, m, name):
        """Return the product of the factor and another input, as a number."""
        encoding = self.parameters.encoding
        m.submodules[name] = multiplier = create(Multiplier(encoding=encoding))
        m.d.comb += [multiplier.a.eq(self.factor), multiplier.b.eq(getattr(self, name))]
        if encoding != "sign-magnitude":
            return multiplier.product
        m.d.comb += [
            multiplier.a_sign.eq(self.factor_sign),
            multiplier.b_sign.eq(getattr(self, f"{name}_sign")),
        ]
        return Mux(multiplier.product_sign, -multiplier.product, multiplier.product)
