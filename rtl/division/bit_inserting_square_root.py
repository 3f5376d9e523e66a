"""Bit-inserting square root (BISQRT)."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import BitInsertingSquareRoot

from ..component import Component, component, create

__all__ = ["BitInsertingSquareRootComponent"]


@component(BitInsertingSquareRoot)
class BitInsertingSquareRootComponent(Component):
    """A JK flip-flop with K = 1 that inserts ones, and a history for J where there is one."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        trace = Signal()
        set_it = self.root
        m.d.comb += self.root.eq(trace | self.x)
        if p.generator is not None:
            m.submodules.generator = generator = create(p.generator)
            m.d.comb += generator.enable.eq(self.enable)
            history = Signal(p.history, init=sum(1 << i for i in range(1, p.history, 2)))
            with m.If(self.enable):
                m.d.sync += history.eq(Cat(self.root, history[:-1]))
            set_it = history.bit_select(generator.word, 1)
        with m.If(self.enable):
            m.d.sync += trace.eq(set_it & ~trace)
        return m
