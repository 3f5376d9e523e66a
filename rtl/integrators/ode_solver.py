"""Solver of an ordinary differential equation."""

from amaranth.hdl import Module, Signal

from stochastic import OdeSolver, Sng

from ..component import Component, component, create

__all__ = ["OdeSolverComponent"]


@component(OdeSolver)
class OdeSolverComponent(Component):
    """A generator with a comparator for each of two counters, and the constant's stream."""

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
        full = 1 << p.width
        y1 = Signal(range(full + 1), init=p.first)
        y2 = Signal(range(full + 1), init=p.second)
        stream1, stream2 = Signal(), Signal()
        m.d.comb += [
            stream1.eq(generator.word < y1),
            stream2.eq(generator.word < y2),
            self.y1.eq(y1),
            self.y2.eq(y2),
        ]
        inputs = ((y1, stream2, centre.stream), (y2, centre.stream, stream1))
        for value, increment, decrement in inputs:
            up = increment & ~decrement & (value != full)
            down = ~increment & decrement & (value != 0)
            with m.If(self.enable):
                with m.If(up):
                    m.d.sync += value.eq(value + 1)
                with m.Elif(down):
                    m.d.sync += value.eq(value - 1)
        return m
