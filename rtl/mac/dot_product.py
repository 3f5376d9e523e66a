"""Inner product by a tree of adders."""

from amaranth.hdl import Module, Signal

from fixedpoint.mac.dot_product import DotProduct

from ..component import Component, component, elements
from ..rounding import add_generator, fit_value, round_value
from .mac import product_term

__all__ = ["DotProductComponent"]


@component(DotProduct)
class DotProductComponent(Component):
    """K multipliers and levels of adders, each with half as many, and registers between."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ports = {port.name: port for port in p.ports}
        words = [
            add_generator(m, f"generator{i}", generator, self.enable)
            for i, generator in enumerate(p.generators)
        ]
        early = p.accumulator.product_rounding is not None
        of_products = words if early and words else [None] * p.terms
        of_sums = words if not early and words else [None] * p.terms
        terms = [
            product_term(m, a * b, p, word)
            for a, b, word in zip(
                elements(self.a, ports["a"]),
                elements(self.b, ports["b"]),
                of_products,
                strict=True,
            )
        ]
        frac_bits = terms[0][1]
        # A node is a number and the flags of the sums below it.
        nodes = [(number, ()) for number, _ in terms]
        if p.terms % 2:
            nodes.append((None, ()))
        for level in range(p.latency):
            pairs = zip(nodes[::2], nodes[1::2], strict=False)
            lone = nodes[-1:] if len(nodes) % 2 else []
            nodes = [
                self._sum(m, (level, i), pair, frac_bits, of_sums[i])
                for i, pair in enumerate(pairs)
            ]
            for number, lost in lone:
                nodes.append(self._held(m, (level, len(nodes)), number, lost))
            frac_bits, of_sums = p.accumulator.format.frac_bits, [None] * p.terms
        ((total, lost),) = nodes
        m.d.comb += self.sum.eq(total)
        if p.has_overflow_flag:
            m.d.comb += self.overflowed.eq(lost[0])
        return m

    def _sum(self, m, place, pair, frac_bits, word):
        """Return the registers of a quantised sum and of its flag."""
        spec = self.parameters.accumulator
        (x, below), (y, beside) = pair
        exact = x if y is None else x + y
        number = round_value(m, exact, frac_bits - spec.format.frac_bits, spec.rounding, word)
        code, over = fit_value(m, number, spec.format, spec.overflow)
        lost = over
        for flag in (*below, *beside):
            lost = lost | flag
        return self._held(m, place, code, (lost,))

    def _held(self, m, place, code, lost):
        """Return a code and its flag, delayed by registers."""
        p = self.parameters
        level, i = place
        total = Signal(self.sum.shape(), name=f"sum_{level}_{i}")
        with m.If(self.enable):
            m.d.sync += total.eq(code)
        if not p.has_overflow_flag:
            return total, ()
        flag = Signal(name=f"lost_{level}_{i}")
        with m.If(self.enable):
            m.d.sync += flag.eq(lost[0])
        return total, (flag,)
