"""Solver of an ordinary differential equation: two integrators that feed each other."""

from amaranth.hdl import Module, Signal

from stochastic import OdeSolver, Sng

from ..component import Component, component, create
from .saturating_counter import count_up_down

__all__ = ["OdeSolverComponent"]


@component(OdeSolver)
class OdeSolverComponent(Component):
    """A generator with a comparator for each of two counters, and an SNG for the constant."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.submodules.centre = centre = create(Sng(generator=p.centre_generator))
        m.d.comb += [
            generator.enable.eq(self.enable),
            centre.enable.eq(self.enable),
            centre.code.eq(p.centre),
        ]
        full_scale = 1 << p.width
        y1 = Signal(range(full_scale + 1), init=p.first)
        y2 = Signal(range(full_scale + 1), init=p.second)
        stream1 = Signal()
        stream2 = Signal()
        m.d.comb += [
            stream1.eq(generator.word < y1),
            stream2.eq(generator.word < y2),
            self.y1.eq(y1),
            self.y2.eq(y2),
        ]
        inputs = ((y1, stream2, centre.stream), (y2, centre.stream, stream1))
        for value, increment, decrement in inputs:
            count_up_down(m, self.enable, value, increment, decrement, full_scale)
        return m
