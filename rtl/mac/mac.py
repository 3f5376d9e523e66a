"""Multiply-accumulate unit."""

from amaranth.hdl import Module, Mux, Signal

from fixedpoint.mac.mac import Mac

from ..component import Component, component
from ..rounding import add_generator, aligned_sum, fit_value, round_value

__all__ = ["MacComponent", "add_unit", "product_term"]


@component(Mac)
class MacComponent(Component):
    """A multiplier, an adder, their rounding, and the register of the sum.

    Units with simpler weights override `product`.
    """

    def product(self):
        """Return ``a`` times the weight, in units of both resolutions."""
        return self.a * self.b

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        random = p.generator is not None
        word = add_generator(m, "generator", p.generator, self.enable) if random else None
        control = (self.enable, self.load)
        total, overflowed = add_unit(m, p, "", control, self.sum_in, self.product(), word)
        m.d.comb += self.sum.eq(total)
        if p.has_overflow_flag:
            m.d.comb += self.overflowed.eq(overflowed)
        return m


def add_unit(m, p, suffix, control, sum_in, product, word):
    """Add the adder and registers of a unit to a module; return the sum and the flag."""
    spec = p.accumulator
    enable, load = control
    total = Signal(sum_in.shape(), name=f"sum_register{suffix}")
    term = product_term(m, product, p, word)
    before = Mux(load, sum_in, total)
    exact, frac_bits = aligned_sum((before, spec.format.frac_bits), term)
    number = round_value(m, exact, frac_bits - spec.format.frac_bits, spec.rounding, word)
    after, lost = fit_value(m, number, spec.format, spec.overflow)
    with m.If(enable):
        m.d.sync += total.eq(after)
    if not p.has_overflow_flag:
        return total, None
    overflowed = Signal(name=f"overflowed_register{suffix}")
    with m.If(enable):
        m.d.sync += overflowed.eq(lost | (~load & overflowed))
    return total, overflowed


def product_term(m, product, p, word):
    """Return the exact or rounded product, and its fraction bits."""
    spec, frac_bits = p.accumulator, p.a.frac_bits + p.b.frac_bits
    if spec.product_rounding is None:
        return product, frac_bits
    discarded = frac_bits - spec.format.frac_bits
    return round_value(
        m, product, discarded, spec.product_rounding, word
    ), spec.format.frac_bits
