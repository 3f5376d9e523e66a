"""Accumulative parallel counter."""

from amaranth.hdl import Module, Mux, Signal

from stochastic import ParallelCounter

from ..component import Component, component

__all__ = ["ParallelCounterComponent", "accumulate", "number_of_ones"]


@component(ParallelCounter)
class ParallelCounterComponent(Component):
    """A tree of adders, and an accumulator that saturates."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.count.eq(number_of_ones(self.streams))
        accumulate(m, self.enable, self.count, self.total)
        return m


def number_of_ones(bits):
    """Return the number of ones among bits, by a tree of adders."""
    terms = list(bits)
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(terms) & ~1 :]
    return terms[0]


def accumulate(m, enable, addend, shown):
    """Drive `shown` with the sum of earlier addends, saturated at its largest value."""
    total = Signal(len(shown))
    after = Signal(len(shown) + 1)
    m.d.comb += [after.eq(total + addend), shown.eq(total)]
    with m.If(enable):
        m.d.sync += total.eq(Mux(after[-1], (1 << len(shown)) - 1, after[:-1]))
