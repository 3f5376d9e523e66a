"""Encoder of race logic."""

from amaranth.hdl import Module, Signal

from stochastic import RaceEncoder

from ..component import Component, component

__all__ = ["RaceEncoderComponent"]


@component(RaceEncoder)
class RaceEncoderComponent(Component):
    """A counter that stops at 2^n, and a comparator."""

    def elaborate(self, platform):
        m = Module()
        time = Signal(self.parameters.width + 1)
        with m.If(self.enable & ~time[-1]):
            m.d.sync += time.eq(time + 1)
        m.d.comb += self.stream.eq(self.code <= time)
        return m
