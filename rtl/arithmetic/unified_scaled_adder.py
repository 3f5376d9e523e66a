"""Unified scaled adder (uSADD)."""

from amaranth.hdl import Module, Mux, Signal

from stochastic import UnifiedScaledAdder

from ..component import Component, component
from .parallel_counter import number_of_ones

__all__ = ["UnifiedScaledAdderComponent"]


@component(UnifiedScaledAdder)
class UnifiedScaledAdderComponent(Component):
    """A parallel counter, and an accumulator modulo K whose carry is the sum."""

    def elaborate(self, platform):
        m = Module()
        k = self.parameters.fan_in
        stored = Signal(range(k))
        total = Signal(range(2 * k))
        m.d.comb += [
            total.eq(stored + number_of_ones(self.streams)),
            self.sum.eq(total >= k),
        ]
        with m.If(self.enable):
            m.d.sync += stored.eq(Mux(self.sum, total - k, total))
        return m
