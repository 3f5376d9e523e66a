"""In-stream multiplier by conditional generation (uMUL)."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import ConditionalMultiplier, InStreamMultiplier

from ..component import Component, component, create

__all__ = ["InStreamMultiplierComponent"]


@component(InStreamMultiplier)
class InStreamMultiplierComponent(Component):
    """A shift register, a counter of its ones, and a conditional multiplier."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        history = Signal(p.depth, init=sum(1 << i for i in range(1, p.depth, 2)))
        ones = Signal(range(p.depth + 1), init=p.depth // 2)
        static = ConditionalMultiplier(generator=p.generator, encoding=p.encoding)
        m.submodules.multiplier = multiplier = create(static)
        oldest = history[-1]
        with m.If(self.enable):
            m.d.sync += history.eq(Cat(self.b, history[:-1]))
            with m.If(self.b & ~oldest):
                m.d.sync += ones.eq(ones + 1)
            with m.Elif(~self.b & oldest):
                m.d.sync += ones.eq(ones - 1)
        m.d.comb += [
            multiplier.enable.eq(self.enable),
            multiplier.stream.eq(self.a),
            multiplier.code.eq(ones),
            self.product.eq(multiplier.product),
        ]
        return m
