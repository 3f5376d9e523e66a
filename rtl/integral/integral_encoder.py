"""Encoder of many numbers as streams."""

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal

from stochastic import IntegralEncoder

from ..component import Component, component, create

__all__ = ["IntegralEncoderComponent"]


@component(IntegralEncoder)
class IntegralEncoderComponent(Component):
    """A register and a comparator for each number, and one generator."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        held = Signal.like(self.codes)
        running = Signal()
        works = Signal()
        last = Signal()
        restart = Signal()
        time = Signal(range(p.length))
        generator = create(p.generator)
        m.submodules.generator = ResetInserter(restart)(generator)
        width = p.generator.width + 1
        m.d.comb += [
            self.input_ready.eq(~running),
            self.output_valid.eq(running),
            last.eq(time == p.length - 1),
            works.eq(self.enable & running & self.output_ready),
            restart.eq(works & last),
            generator.enable.eq(works),
            self.bits.eq(
                Cat(generator.word < held[i * width : (i + 1) * width] for i in range(p.group))
            ),
        ]
        with m.If(works):
            m.d.sync += time.eq(Mux(last, 0, time + 1))
            with m.If(last):
                m.d.sync += running.eq(0)
        with m.If(self.enable & self.input_valid & ~running):
            m.d.sync += [held.eq(self.codes), running.eq(1)]
        return m
