"""Multiply-accumulate unit."""

from amaranth.hdl import Module, Mux, Signal

from fixedpoint.mac import Mac

from .component import Component, component
from .quantizing import aligned_sum, fitted, generated, rounded

__all__ = ["MacComponent"]


@component(Mac)
class MacComponent(Component):
    """A multiplier, an adder, their rounding, and the register of the sum."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        spec = p.accumulator
        random = p.generator is not None
        word = generated(m, "generator", p.generator, self.enable) if random else None
        total = Signal(self.sum.shape(), name="sum_register")
        term = product_term(m, self.a * self.b, p, word)
        before = Mux(self.load, self.sum_in, total)
        exact, frac_bits = aligned_sum((before, spec.format.frac_bits), term)
        number = rounded(m, exact, frac_bits - spec.format.frac_bits, spec.rounding, word)
        after, lost = fitted(m, number, spec.format, spec.overflow)
        with m.If(self.enable):
            m.d.sync += total.eq(after)
        m.d.comb += self.sum.eq(total)
        if p.flagged:
            overflowed = Signal(name="overflowed_register")
            with m.If(self.enable):
                m.d.sync += overflowed.eq(lost | (~self.load & overflowed))
            m.d.comb += self.overflowed.eq(overflowed)
        return m


def product_term(m, product, p, word):
    """Return the term that a product adds to a sum, and its fraction bits."""
    spec, frac_bits = p.accumulator, p.a.frac_bits + p.b.frac_bits
    if spec.product_rounding is None:
        return product, frac_bits
    discarded = frac_bits - spec.format.frac_bits
    return rounded(m, product, discarded, spec.product_rounding, word), spec.format.frac_bits
