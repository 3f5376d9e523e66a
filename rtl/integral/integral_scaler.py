"""Division of an integral stream by a power of two."""

from amaranth.hdl import Module, Signal

from stochastic import IntegralScaler

from ..component import Component, component

__all__ = ["IntegralScalerComponent"]


@component(IntegralScaler)
class IntegralScalerComponent(Component):
    """An adder, whose low bits are kept."""

    def elaborate(self, platform):
        m = Module()
        shift = self.parameters.shift
        remainder = Signal(shift)
        total = self.value + remainder
        m.d.comb += self.scaled.eq(total[shift : shift + len(self.scaled)])
        with m.If(self.enable):
            m.d.sync += remainder.eq(total[:shift])
        return m
