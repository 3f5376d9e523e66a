"""Array of multiply-accumulate units."""

from amaranth.hdl import Cat, Const, Module

from fixedpoint import Overflow
from fixedpoint.mac.mac_array import MacArray

from ..component import Component, component, elements
from ..rounding import add_generator, quantize_value
from .mac import add_unit

__all__ = ["MacArrayComponent"]


@component(MacArray)
class MacArrayComponent(Component):
    """Rows and columns of units, each followed by a requantiser."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        random = p.generator is not None
        word = add_generator(m, "generator", p.generator, self.enable) if random else None
        ports = {port.name: port for port in p.ports}
        starts, inputs, weights = (
            elements(getattr(self, name), ports[name]) for name in ("sum_in", "a", "b")
        )
        results, flags = [], []
        for row in range(p.rows):
            for column in range(p.columns):
                each = row if p.inputs_per == "row" else row * p.columns + column
                product = inputs[each] * weights[column]
                place, control = f"_{row}_{column}", (self.enable, self.load)
                total, kept = add_unit(m, p, place, control, starts[column], product, word)
                result, lost = quantize_value(m, total, p.stage)
                results.append(result)
                lost = lost if p.overflow is Overflow.ERROR else Const(0)
                flags.append(lost | kept if p.has_overflow_flag else lost)
        m.d.comb += self.result.eq(Cat(results))
        if p.has_overflow_output:
            m.d.comb += self.overflowed.eq(Cat(flags))
        return m
