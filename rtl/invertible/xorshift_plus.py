"""Pipelined xorshift+ generator."""

from amaranth.hdl import Module, Signal

from stochastic.invertible import XorshiftPlus

from ..component import Component, component
from ..generators.gf2 import advance

__all__ = ["XorshiftPlusComponent"]

MASK = 2**64 - 1


@component(XorshiftPlus)
class XorshiftPlusComponent(Component):
    """Four registers of 64 bits and an adder."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        start = advance(step, 256, p.state, p.phase)
        values = [start >> (64 * i) & MASK for i in range(4)]
        s0, s1, x0, x1 = (
            Signal(64, init=value, name=name)
            for name, value in zip(("s0", "s1", "x0", "x1"), values, strict=True)
        )
        m.d.comb += self.word.eq(x1 + s1)
        with m.If(self.enable):
            m.d.sync += [
                s0.eq(s1),
                s1.eq(x1),
                x0.eq(s0 ^ (s0 << 1)[:64]),
                x1.eq(x0 ^ s1 ^ (x0 >> 1) ^ (s1 >> 54)),
            ]
        return m


def step(state):
    """Return the registers one cycle later, s0 in the least significant bits."""
    s0, s1, x0, x1 = (state >> (64 * i) & MASK for i in range(4))
    after = (s1, x1, (s0 ^ s0 << 1) & MASK, x0 ^ s1 ^ x0 >> 1 ^ s1 >> 54)
    return sum(register << (64 * i) for i, register in enumerate(after))
