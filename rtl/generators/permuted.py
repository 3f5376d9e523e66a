"""Generator with permuted words."""

from amaranth.hdl import Cat, Module

from stochastic import Permuted

from ..component import Component, component, create

__all__ = ["PermutedComponent"]


@component(Permuted)
class PermutedComponent(Component):
    """The generator, with the wires of its word in another order."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        phase = (p.generator.phase + p.phase) % p.generator.period
        m.submodules.generator = generator = create(p.generator.replace(phase=phase))
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.word.eq(Cat(generator.word[bit] for bit in p.order)),
        ]
        return m
