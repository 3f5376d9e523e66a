"""Synchronizer."""

from amaranth.hdl import Module, Signal

from stochastic import Synchronizer

from ..component import Component, component

__all__ = ["SynchronizerComponent"]


@component(Synchronizer)
class SynchronizerComponent(Component):
    """An up/down counter of the ones held back, with its middle as zero."""

    def elaborate(self, platform):
        m = Module()
        depth = self.parameters.depth
        held = Signal(range(2 * depth + 1), init=depth)
        of_a = Signal()
        of_b = Signal()
        full_a = Signal()
        full_b = Signal()
        lone_a = Signal()
        lone_b = Signal()
        paired = Signal()
        m.d.comb += [
            of_a.eq(held > depth),
            of_b.eq(held < depth),
            full_a.eq(held == 2 * depth),
            full_b.eq(held == 0),
            lone_a.eq(self.a & ~self.b),
            lone_b.eq(self.b & ~self.a),
            paired.eq((self.a & self.b) | (lone_a & of_b) | (lone_b & of_a)),
            self.a_out.eq(paired | (lone_a & full_a)),
            self.b_out.eq(paired | (lone_b & full_b)),
        ]
        with m.If(self.enable):
            with m.If(lone_a & ~full_a):
                m.d.sync += held.eq(held + 1)
            with m.If(lone_b & ~full_b):
                m.d.sync += held.eq(held - 1)
        return m
