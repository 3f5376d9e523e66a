"""Decoder of race logic."""

from amaranth.hdl import Module, Signal

from stochastic import RaceDecoder

from ..component import Component, component

__all__ = ["RaceDecoderComponent"]


@component(RaceDecoder)
class RaceDecoderComponent(Component):
    """A counter that stops at the first 1 of the input, or at 2^n."""

    def elaborate(self, platform):
        m = Module()
        arrived = Signal()
        time = Signal(self.parameters.width + 1)
        now = Signal()
        m.d.comb += [
            now.eq(arrived | self.stream),
            self.arrived.eq(arrived),
            self.count.eq(time),
        ]
        with m.If(self.enable):
            m.d.sync += arrived.eq(now)
            with m.If(~(now | time[-1])):
                m.d.sync += time.eq(time + 1)
        return m
