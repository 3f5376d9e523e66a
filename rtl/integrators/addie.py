"""ADDIE: a stochastic integrator with feedback."""

from amaranth.hdl import Module

from stochastic import Addie, Integrator

from ..component import Component, component, create

__all__ = ["AddieComponent"]


@component(Addie)
class AddieComponent(Component):
    """An integrator whose stream is its decrement input."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        integrator = create(
            Integrator(
                width=p.width,
                generator=p.generator,
                initial=p.initial,
                full_scale=p.full_scale,
            )
        )
        m.submodules.integrator = integrator
        m.d.comb += [
            integrator.enable.eq(self.enable),
            integrator.increment.eq(self.stream_in),
            integrator.decrement.eq(integrator.stream),
            self.stream.eq(integrator.stream),
            self.value.eq(integrator.value),
        ]
        return m
