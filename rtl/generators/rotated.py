"""Generator with rotated words."""

from amaranth.hdl import Module

from stochastic import Rotated

from ..component import Component, component, create

__all__ = ["RotatedComponent"]


@component(Rotated)
class RotatedComponent(Component):
    """The generator, with the wires of its word rotated."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        phase = (p.generator.phase + p.phase) % p.generator.period
        m.submodules.generator = generator = create(p.generator.replace(phase=phase))
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.word.eq(generator.word.rotate_left(p.by)),
        ]
        return m
