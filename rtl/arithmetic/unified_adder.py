"""Unified non-scaled adder (uNSADD)."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned

from stochastic import UnifiedAdder

from ..component import Component, component
from .parallel_counter import number_of_ones

__all__ = ["UnifiedAdderComponent"]


@component(UnifiedAdder)
class UnifiedAdderComponent(Component):
    """A parallel counter, and an accumulator that saturates and pays for each 1."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        count = number_of_ones(self.streams)
        # Two more bits hold the sum of the accumulator and a cycle's ones, with their sign.
        total = Signal(signed(p.width + 2))
        kept = Signal(signed(p.width + 2))
        if p.encoding == "bipolar":
            stored = Signal(signed(p.width))
            low, high, one = -(1 << (p.width - 1)), (1 << (p.width - 1)) - 1, 2
            m.d.comb += total.eq(stored + 2 * count - (p.fan_in - 1))
        else:
            stored = Signal(unsigned(p.width))
            low, high, one = 0, (1 << p.width) - 1, 1
            m.d.comb += total.eq(stored + count)
        m.d.comb += kept.eq(Mux(total > high, high, total))
        m.d.comb += self.sum.eq(kept >= one)
        with m.If(self.enable):
            if low < 0:
                m.d.sync += stored.eq(Mux(self.sum, kept - one, Mux(kept < low, low, kept)))
            else:
                m.d.sync += stored.eq(Mux(self.sum, kept - one, kept))
        return m
