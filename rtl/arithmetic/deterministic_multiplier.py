"""Deterministic multipliers."""

from amaranth.hdl import Module, Signal

from stochastic import DeterministicMultiplier

from ..component import Component, component

__all__ = ["DeterministicMultiplierComponent"]


@component(DeterministicMultiplier)
class DeterministicMultiplierComponent(Component):
    """Two counters, two comparators and a gate."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        first = Signal(p.width)
        second = Signal(p.width)
        wraps = Signal()
        one = Signal()
        other = Signal()
        m.d.comb += [
            wraps.eq(first.all()),
            one.eq(first < self.a),
            other.eq(second < self.b),
            self.product.eq(~(one ^ other) if p.encoding == "bipolar" else one & other),
        ]
        with m.If(self.enable):
            m.d.sync += first.eq(first + 1)
        if p.method == "relatively-prime":
            # One value less than the first counter, so it wraps by comparison.
            end = Signal()
            m.d.comb += [
                end.eq(second == p.second_length - 1),
                self.last.eq(wraps & end),
            ]
            with m.If(self.enable):
                m.d.sync += second.eq(second + 1)
                with m.If(end):
                    m.d.sync += second.eq(0)
            return m
        if p.method == "rotation":
            moves, end = ~wraps, second == 0
        else:
            moves, end = wraps, second.all()
        m.d.comb += self.last.eq(wraps & end)
        with m.If(self.enable & moves):
            m.d.sync += second.eq(second + 1)
        return m
