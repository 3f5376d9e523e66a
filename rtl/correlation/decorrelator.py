"""Decorrelator."""

from amaranth.hdl import Module, Signal

from stochastic import Decorrelator

from ..component import Component, component, create

__all__ = ["DecorrelatorComponent"]


@component(Decorrelator)
class DecorrelatorComponent(Component):
    """Two buffers of flip-flops; in each cycle one bit is read and replaced in each."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        for name, parameters in (("a", p.a_generator), ("b", p.b_generator)):
            m.submodules[f"{name}_generator"] = generator = create(parameters)
            address = Signal(range(p.depth), name=f"{name}_address")
            initial = int("10" * p.depth, 2) & ((1 << p.depth) - 1)
            buffer = Signal(p.depth, name=f"{name}_buffer", init=initial)
            m.d.comb += [
                generator.enable.eq(self.enable),
                address.eq((generator.word * p.depth) >> parameters.width),
                getattr(self, f"{name}_out").eq(buffer.bit_select(address, 1)),
            ]
            for place in range(p.depth):
                with m.If(self.enable & (address == place)):
                    m.d.sync += buffer[place].eq(getattr(self, name))
        return m
