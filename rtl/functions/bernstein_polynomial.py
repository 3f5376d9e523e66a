"""Polynomials by their Bernstein form."""

from amaranth.hdl import Module, Signal

from stochastic import BernsteinPolynomial

from ..arithmetic.parallel_counter import number_of_ones
from ..component import Component, component, create

__all__ = ["BernsteinPolynomialComponent"]


@component(BernsteinPolynomial)
class BernsteinPolynomialComponent(Component):
    """A parallel counter selects a code, and a comparator makes its bit."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        ones = Signal(range(p.degree + 1))
        code = Signal(range((1 << p.generator.width) + 1))
        m.d.comb += ones.eq(number_of_ones(self.x))
        with m.Switch(ones):
            for number, value in enumerate(p.codes[:-1]):
                with m.Case(number):
                    m.d.comb += code.eq(value)
            with m.Default():
                m.d.comb += code.eq(p.codes[-1])
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.y.eq(generator.word < code),
        ]
        return m
