"""Marsaglia's 32-bit xorshift generator."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import Xorshift32

from ..component import Component, component
from .gf2 import advance

__all__ = ["Xorshift32Component"]


@component(Xorshift32)
class Xorshift32Component(Component):
    """A 32-bit register and three stages of XOR gates."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        cycle = p.phase % ((1 << 32) - 1)
        state = Signal(32, init=advance(_step, 32, p.seed, cycle))
        first = Signal(32)
        second = Signal(32)
        third = Signal(32)
        m.d.comb += [
            first.eq(Cat(state[:13], state[13:] ^ state[:-13])),
            second.eq(Cat(first[:-17] ^ first[17:], first[-17:])),
            third.eq(Cat(second[:5], second[5:] ^ second[:-5])),
        ]
        with m.If(self.enable):
            m.d.sync += state.eq(third)
        m.d.comb += self.word.eq(state[32 - p.width :])
        return m


def _step(state: int) -> int:
    state ^= (state << 13) % (1 << 32)
    state ^= state >> 17
    return state ^ (state << 5) % (1 << 32)
