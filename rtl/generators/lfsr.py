"""Linear feedback shift register."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import Lfsr

from ..component import Component, component
from .gf2 import advance, steps_between

__all__ = ["LfsrComponent"]


@component(Lfsr)
class LfsrComponent(Component):
    """One register, the feedback at one end (Fibonacci) or at every tap (Galois)."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        state = Signal(p.width, init=_reset(p))
        feedback = Signal()
        if p.form == "fibonacci":
            fed_back, kept = (state & p.mask).xor(), state[:-1]
            following = Cat(feedback, kept)
        else:
            fed_back, kept = state[0], state[1:]
            following = kept ^ (feedback.replicate(p.width) & p.mask)
        if p.zero_state:
            fed_back = fed_back ^ (kept == 0)
        m.d.comb += feedback.eq(fed_back)
        with m.If(self.enable):
            m.d.sync += state.eq(following)
        m.d.comb += self.word.eq(state)
        return m


def _reset(p: Lfsr) -> int:
    """Return the state at cycle `phase` of the sequence that begins with the seed."""
    cycle = p.phase % ((1 << p.width) - (0 if p.zero_state else 1))

    def fibonacci(state: int) -> int:
        return (state << 1) % (1 << p.width) | (state & p.mask).bit_count() % 2

    def galois(state: int) -> int:
        return state >> 1 ^ (p.mask if state % 2 else 0)

    step = fibonacci if p.form == "fibonacci" else galois
    if p.zero_state and cycle:
        # 0 comes right after the state whose one 1 is the bit that falls out.
        last = 1 << (p.width - 1) if p.form == "fibonacci" else 1
        zero = 1 + steps_between(step, p.width, p.seed, last)
        if cycle == zero:
            return 0
        if cycle > zero:
            cycle -= 1
    return advance(step, p.width, p.seed, cycle)
