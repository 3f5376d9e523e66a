"""Base of the circuits that end in rounding and overflow."""

from __future__ import annotations

from amaranth.hdl import Module

from fixedpoint import Overflow

from ..component import Component
from ..rounding import add_generator, quantize_value

__all__ = ["RoundingComponent"]


class RoundingComponent(Component):
    """Base of the circuits that round the exact value of `exact`."""

    def exact(self):
        """Return the exact value's code."""
        raise NotImplementedError

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        random = p.generator is not None
        word = add_generator(m, "generator", p.generator, self.enable) if random else None
        result, overflowed = quantize_value(m, self.exact(), p.stage, word)
        m.d.comb += self.result.eq(result)
        if p.overflow is Overflow.ERROR:
            m.d.comb += self.overflowed.eq(overflowed)
        return m
