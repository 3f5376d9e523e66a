"""A whole network on integral streams."""

from amaranth.hdl import Module

from stochastic import IntegralNetwork

from ..component import Component, component, create

__all__ = ["IntegralNetworkComponent"]


@component(IntegralNetwork)
class IntegralNetworkComponent(Component):
    """The parts, each joined to the next by valid, ready and payload."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        encoder, argmax = create(p.encoder), create(p.argmax)
        m.submodules.encoder = encoder
        valid, payload, ready = encoder.output_valid, encoder.bits, encoder.output_ready
        m.d.comb += [
            encoder.enable.eq(self.enable),
            encoder.input_valid.eq(self.input_valid),
            encoder.codes.eq(self.codes),
            self.input_ready.eq(encoder.input_ready),
        ]
        for number, parameters in enumerate(p.layers):
            m.submodules[f"layer{number}"] = layer = create(parameters)
            m.d.comb += [
                layer.enable.eq(self.enable),
                layer.input_valid.eq(valid),
                layer.inputs.eq(payload),
                ready.eq(layer.input_ready),
            ]
            payload = layer.sums if parameters.states is None else layer.outputs
            valid, ready = layer.output_valid, layer.output_ready
        m.submodules.argmax = argmax
        m.d.comb += [
            argmax.enable.eq(self.enable),
            argmax.input_valid.eq(valid),
            argmax.sums.eq(payload),
            ready.eq(argmax.input_ready),
            argmax.output_ready.eq(self.output_ready),
            self.output_valid.eq(argmax.output_valid),
            self.label.eq(argmax.label),
            self.largest.eq(argmax.largest),
        ]
        return m
