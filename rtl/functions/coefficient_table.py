"""Coefficients of a Bernstein polynomial."""

from amaranth.hdl import Module, Signal

from stochastic import CoefficientTable

from ..arithmetic.parallel_counter import number_of_ones
from ..component import Component, component

__all__ = ["CoefficientTableComponent"]


@component(CoefficientTable)
class CoefficientTableComponent(Component):
    """A parallel counter selects a code."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ones = Signal(range(p.degree + 1))
        m.d.comb += ones.eq(number_of_ones(self.x))
        with m.Switch(ones):
            for number, value in enumerate(p.codes[:-1]):
                with m.Case(number):
                    m.d.comb += self.code.eq(value)
            with m.Default():
                m.d.comb += self.code.eq(p.codes[-1])
        return m
