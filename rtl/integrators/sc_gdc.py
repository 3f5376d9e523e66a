"""Stochastic gradient-descent circuit."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned

from stochastic import Multiplier, ScGdc

from ..component import Component, component, create

__all__ = ["ScGdcComponent", "held"]


@component(ScGdc)
class ScGdcComponent(Component):
    """Two multipliers, a generator, a saturating counter, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        rise = self._product(m, "excitatory")
        fall = self._product(m, "inhibitory")
        low, high = p.limits
        is_signed = p.encoding == "sign-magnitude"
        value = Signal(
            signed(p.width + 2) if is_signed else unsigned(p.width + 1), init=p.initial
        )
        moved = Signal(signed(p.width + 3))
        m.d.comb += moved.eq(value + rise - fall)
        with m.If(self.enable):
            m.d.sync += value.eq(held(moved, low, high, most=2 if is_signed else 1))
        magnitude = value
        if is_signed:
            m.d.comb += self.stream_sign.eq(value < 0)
            magnitude = Mux(self.stream_sign, (-value)[: p.width + 1], value[: p.width + 1])
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.stream.eq(generator.word < magnitude),
            self.value.eq(value),
        ]
        return m

    def _product(self, m, name):
        """Return the factor times an input, as a number."""
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


def held(moved, low, high, most):
    """Return a moved counter's value, held at its ends.

    A counter that moves by `most` at the most has few values past its ends.
    """
    above = Cat(moved == high + step for step in range(1, most + 1)).any()
    below = Cat(moved == low - step for step in range(1, most + 1)).any()
    return Mux(above, high, Mux(below, low, moved))
