"""The label with the largest sum."""

from amaranth.hdl import Const, Module, Mux, Signal

from stochastic import IntegralArgmax

from ..component import Component, component, elements
from .integral_maximum import larger

__all__ = ["IntegralArgmaxComponent"]


@component(IntegralArgmax)
class IntegralArgmaxComponent(Component):
    """A tree that selects the largest sum of a beat, and one comparator behind it."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        turns = p.classes // p.parallel
        largest, label = Signal.like(self.largest), Signal.like(self.label)
        full = Signal()
        turn = Signal(range(max(turns, 2)))
        taken = Signal()
        port = next(port for port in p.inputs if port.name == "sums")
        level = [(value, Const(i)) for i, value in enumerate(elements(self.sums, port))]
        while len(level) > 1:
            pairs = [larger(m, a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
            level = pairs + level[len(pairs) * 2 :]
        best, number = level[0]
        if p.parallel == 1:
            number = turn
        elif turns > 1:
            number = turn * p.parallel + number
        m.d.comb += [
            self.input_ready.eq(~full),
            self.output_valid.eq(full),
            self.largest.eq(largest),
            self.label.eq(label),
            taken.eq(self.enable & self.input_valid & ~full),
        ]
        with m.If(taken):
            with m.If((turn == 0) | (best > largest)):
                m.d.sync += [largest.eq(best), label.eq(number)]
            m.d.sync += full.eq(turn == turns - 1)
            if turns > 1:
                m.d.sync += turn.eq(Mux(turn == turns - 1, 0, turn + 1))
        with m.If(self.enable & full & self.output_ready):
            m.d.sync += full.eq(0)
        return m
