"""Base of multiply-accumulate units without a multiplier."""

from amaranth.hdl import Module, Mux, Signal

from .component import Component
from .mac import product_term
from .quantizing import aligned_sum, fitted, generated, rounded

__all__ = ["WeightedMacComponent"]


class WeightedMacComponent(Component):
    """An adder, the rounding, and the register of the sum; `product` makes the term."""

    def product(self):
        """Return ``a`` times the weight, in units of both resolutions."""
        raise NotImplementedError

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        spec = p.accumulator
        random = p.generator is not None
        word = generated(m, "generator", p.generator, self.enable) if random else None
        total = Signal(self.sum.shape(), name="sum_register")
        term = product_term(m, self.product(), p, word)
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
