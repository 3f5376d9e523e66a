"""Linear feedback shift register."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import Lfsr

from ..component import Component, component
from .gf2 import advance, steps_between

__all__ = ["LfsrComponent"]


@component(Lfsr)
class LfsrComponent(Component):
    """A shift register with feedback into one end (Fibonacci) or into every tap (Galois)."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        state = Signal(p.width, init=_reset(p))
        feedback = Signal()
        if p.form == "fibonacci":
            feedback_bit, remaining = (state & p.mask).xor(), state[:-1]
            next_state = Cat(feedback, remaining)
        else:
            feedback_bit, remaining = state[0], state[1:]
            next_state = remaining ^ (feedback.replicate(p.width) & p.mask)
        if p.zero_state:
            # With all other bits 0, the inversion links 0 into the cycle of states.
            feedback_bit = feedback_bit ^ (remaining == 0)
        m.d.comb += feedback.eq(feedback_bit)
        with m.If(self.enable):
            m.d.sync += state.eq(next_state)
        m.d.comb += self.word.eq(state)
        return m


def _reset(p: Lfsr) -> int:
    """Return the state in cycle `phase` of the sequence that starts at the seed."""
    cycle = p.phase % ((1 << p.width) - (0 if p.zero_state else 1))

    def fibonacci(state: int) -> int:
        return (state << 1) % (1 << p.width) | (state & p.mask).bit_count() % 2

    def galois(state: int) -> int:
        return state >> 1 ^ (p.mask if state % 2 else 0)

    step = fibonacci if p.form == "fibonacci" else galois
    if p.zero_state and cycle:
        # 0 follows the state in which only the bit that is shifted out is 1.
        last = 1 << (p.width - 1) if p.form == "fibonacci" else 1
        zero = 1 + steps_between(step, p.width, p.seed, last)
        if cycle == zero:
            return 0
        if cycle > zero:
            cycle -= 1
    return advance(step, p.width, p.seed, cycle)
