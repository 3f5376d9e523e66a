"""Stochastic-to-binary converter."""

from amaranth.hdl import Module, Mux, Shape, Signal

from stochastic import StochasticToBinary

from ..component import Component, component

__all__ = ["StochasticToBinaryComponent"]


@component(StochasticToBinary)
class StochasticToBinaryComponent(Component):
    """A counter of the cycles of a window, the running sum, and the sum of the last window."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        signed = p.encoding == "sign-magnitude"
        shape = Shape(len(self.result), signed)
        cycle = Signal(range(p.length))
        count = Signal(shape)
        result = Signal(shape)
        valid = Signal()
        total = Signal(shape)
        last = Signal()
        stream = Mux(self.stream_sign, -self.stream, self.stream) if signed else self.stream
        m.d.comb += [total.eq(count + stream), last.eq(cycle == p.length - 1)]
        with m.If(self.enable):
            m.d.sync += [valid.eq(last), cycle.eq(cycle + 1), count.eq(total)]
            with m.If(last):
                m.d.sync += [cycle.eq(0), count.eq(0), result.eq(total)]
        m.d.comb += [self.count.eq(count), self.result.eq(result), self.valid.eq(valid)]
        return m
