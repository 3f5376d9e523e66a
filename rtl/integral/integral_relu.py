"""Rectifier of an integral stream."""

from amaranth.hdl import Module, Mux, Signal, signed

from stochastic import IntegralReLU

from ..component import Component, component

__all__ = ["IntegralReLUComponent"]


@component(IntegralReLU)
class IntegralReLUComponent(Component):
    """A saturating sum, whose sign gates the stream."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        total = Signal(signed(p.counter_bits))
        moved = Signal(signed(max(p.counter_bits, len(self.value)) + 1))
        m.d.comb += [
            moved.eq(total + self.value),
            self.rectified.eq(Mux(total[-1], 0, self.value)),
        ]
        with m.If(self.enable):
            with m.If(moved > p.limit):
                m.d.sync += total.eq(p.limit)
            with m.Elif(moved < -p.limit - 1):
                m.d.sync += total.eq(-p.limit - 1)
            with m.Else():
                m.d.sync += total.eq(moved)
        return m
