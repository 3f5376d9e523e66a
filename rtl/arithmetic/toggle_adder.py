"""Scaled adder of two streams by a toggle flip-flop."""

from amaranth.hdl import Module, Mux, Signal

from stochastic import ToggleAdder

from ..component import Component, component

__all__ = ["ToggleAdderComponent"]


@component(ToggleAdder)
class ToggleAdderComponent(Component):
    """An XOR that toggles a flip-flop, and a multiplexer."""

    def elaborate(self, platform):
        m = Module()
        toggle = Signal(init=self.parameters.initial)
        differ = Signal()
        m.d.comb += [
            differ.eq(self.a ^ self.b),
            self.mean.eq(Mux(differ, toggle, self.a)),
        ]
        with m.If(self.enable & differ):
            m.d.sync += toggle.eq(~toggle)
        return m
