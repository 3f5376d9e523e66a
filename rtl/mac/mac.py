"""Multiply-accumulate unit."""

from amaranth.hdl import Module, Mux, Signal

from fixedpoint.mac.mac import Mac

from ..component import Component, component
from ..rounding import aligned_sum, fitted, generated, rounded

__all__ = ["MacComponent", "product_term", "unit"]


@component(Mac)
class MacComponent(Component):
    """A multiplier, an adder, their rounding, and the register of the sum.

    A unit with simpler weights has something simpler in the multiplier's place.
    """

    def product(self):
        """Return ``a`` times the weight, in units of both resolutions."""
        return self.a * self.b

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        random = p.generator is not None
        word = generated(m, "generator", p.generator, self.enable) if random else None
        control = (self.enable, self.load)
        total, overflowed = unit(m, p, "", control, self.sum_in, self.product(), word)
        m.d.comb += self.sum.eq(total)
        if p.flagged:
            m.d.comb += self.overflowed.eq(overflowed)
        return m


def unit(m, p, suffix, control, sum_in, product, word):
    """Put a unit behind its multiplier into a module; return the registers of sum and flag."""
    spec = p.accumulator
    enable, load = control
    total = Signal(sum_in.shape(), name=f"sum_register{suffix}")
    term = product_term(m, product, p, word)
    before = Mux(load, sum_in, total)
    exact, frac_bits = aligned_sum((before, spec.format.frac_bits), term)
    number = rounded(m, exact, frac_bits - spec.format.frac_bits, spec.rounding, word)
    after, lost = fitted(m, number, spec.format, spec.overflow)
    with m.If(enable):
        m.d.sync += total.eq(after)
    if not p.flagged:
        return total, None
    overflowed = Signal(name=f"overflowed_register{suffix}")
    with m.If(enable):
        m.d.sync += overflowed.eq(lost | (~load & overflowed))
    return total, overflowed


def product_term(m, product, p, word):
    """Return the term that a product adds to a sum, and its fraction bits."""
    spec, frac_bits = p.accumulator, p.a.frac_bits + p.b.frac_bits
    if spec.product_rounding is None:
        return product, frac_bits
    discarded = frac_bits - spec.format.frac_bits
    return rounded(m, product, discarded, spec.product_rounding, word), spec.format.frac_bits
