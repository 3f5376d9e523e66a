"""Desynchronizer."""

from amaranth.hdl import Module, Signal

from stochastic import Desynchronizer

from ..component import Component, component

__all__ = ["DesynchronizerComponent"]


@component(Desynchronizer)
class DesynchronizerComponent(Component):
    """A counter of the ones held back, which are released where both streams are 0."""

    def elaborate(self, platform):
        m = Module()
        depth = self.parameters.depth
        held = Signal(range(depth + 1))
        split = Signal()
        release = Signal()
        m.d.comb += [
            split.eq(self.a & self.b & (held != depth)),
            release.eq(~(self.a | self.b) & (held != 0)),
            self.a_out.eq(self.a),
            self.b_out.eq((self.b | release) & ~split),
        ]
        with m.If(self.enable):
            with m.If(split):
                m.d.sync += held.eq(held + 1)
            with m.If(release):
                m.d.sync += held.eq(held - 1)
        return m
