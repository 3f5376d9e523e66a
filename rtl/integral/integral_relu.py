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
        moved = total + self.value
        # The value fits if all bits from the sign of the register up are equal.
        upper = moved[p.counter_bits - 1 :]
        m.d.comb += self.rectified.eq(Mux(total[-1], 0, self.value))
        with m.If(self.enable):
            with m.If(~moved[-1] & upper.any()):
                m.d.sync += total.eq(p.limit)
            with m.Elif(moved[-1] & ~upper.all()):
                m.d.sync += total.eq(-p.limit - 1)
            with m.Else():
                m.d.sync += total.eq(moved)
        return m
