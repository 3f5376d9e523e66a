"""A generator's words with their bits rotated."""

from amaranth.hdl import Module

from stochastic import Rotated

from .component import Component, component, create

__all__ = ["RotatedComponent"]


@component(Rotated)
class RotatedComponent(Component):
    """The generator, and its word's wires in another order."""

    def __init__(self, parameters):
        super().__init__(parameters)
        p = parameters
        phase = (p.generator.phase + p.phase) % p.generator.period
        self._generator = create(p.generator.replace(phase=phase))

    def elaborate(self, platform):
        m = Module()
        m.submodules.generator = generator = self._generator
        m.d.comb += [
            generator.enable.eq(self.enable),
            self.word.eq(generator.word.rotate_left(self.parameters.by)),
        ]
        return m
