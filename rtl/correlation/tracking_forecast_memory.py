"""Tracking forecast memory."""

from amaranth.hdl import Const, Module, Mux, Signal

from stochastic import TrackingForecastMemory

from ..component import Component, component, create

__all__ = ["TrackingForecastMemoryComponent"]


@component(TrackingForecastMemory)
class TrackingForecastMemoryComponent(Component):
    """A register that leaks a fraction of itself, a generator and a comparator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        width = p.generator.width
        m.submodules.generator = generator = create(p.generator)
        value = Signal(width + 1, init=p.initial)
        gain = Const(1 << (width - p.shift), width + 1)
        with m.If(self.enable):
            m.d.sync += value.eq(value - value[p.shift :] + Mux(self.x, gain, 0))
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.y.eq(generator.word < value),
        ]
        return m
