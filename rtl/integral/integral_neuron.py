"""Neuron on integral streams."""

from amaranth.hdl import Module, Mux

from stochastic import IntegralNeuron

from ..component import Component, component, create, elements

__all__ = ["IntegralNeuronComponent", "add_pairs"]


@component(IntegralNeuron)
class IntegralNeuronComponent(Component):
    """Gates, a tree of adders, and the counter of NStanh."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.counter = counter = create(p.counter)
        ports = {port.name: port for port in p.inputs}
        weights = elements(self.weights, ports["weights"])
        gated = [Mux(self.inputs[i], weights[i], 0) for i in range(p.fan_in)]
        m.d.comb += [
            counter.enable.eq(self.enable),
            counter.value.eq(add_pairs([*gated, self.bias])),
            self.y.eq(counter.y),
        ]
        return m


def add_pairs(values):
    """Return the sum of some values by a tree of adders."""
    level = list(values)
    while len(level) > 1:
        pairs = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]
