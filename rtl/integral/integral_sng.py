"""Binary-to-integral-stream converter."""

from amaranth.hdl import Module

from stochastic import IntegralSng

from ..component import Component, component, create

__all__ = ["IntegralSngComponent"]


@component(IntegralSng)
class IntegralSngComponent(Component):
    """A generator and a comparator for each binary stream, and an adder."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        count = 0
        for index, parameters in enumerate(p.stream_generators):
            generator = create(parameters)
            m.submodules[f"generator{index}"] = generator
            m.d.comb += generator.enable.eq(self.enable)
            count += generator.word < self.code
        bipolar = p.encoding == "bipolar"
        m.d.comb += self.value.eq((count << 1) - p.range if bipolar else count)
        return m
