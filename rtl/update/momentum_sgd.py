"""Momentum SGD: per lane a momentum and a weight counter, both saturating."""

from amaranth.hdl import Cat, Mux

from stochastic import MomentumSgdLanes

from ..component import component
from ..rounding import named_signal
from .counter_weights import CounterUpdateComponent, magnitude, saturated

__all__ = ["MomentumSgdComponent"]


@component(MomentumSgdLanes)
class MomentumSgdComponent(CounterUpdateComponent):
    """Two or three comparators and two saturating counters a lane, and their generators."""

    sources = ("gradient_generator", "momentum_generator", "weight_decay_generator")

    def lane(self, m, lane, gradient, momentum, weight, words):
        def once(name, value):
            """Give a value a name, so that it is computed once."""
            return named_signal(m, f"{name}_{lane}", value)

        p = self.parameters
        first, second, *third = words
        C, W = once("C", momentum), once("W", weight)
        G_bit = first < once("gradient_size", magnitude(gradient))
        S_bit = once("S_bit", second < once("C_size", magnitude(C)))
        G = once("G", Mux(G_bit, Mux(gradient[-1], -1, 1), 0))
        S = once("S", Mux(S_bit, Mux(C[-1], -1, 1), 0))
        moved = once("moved", C + ((G - S) << (p.momentum_bits - p.cycle_shift)))
        size = once("moved_size", magnitude(moved))
        # S * rate without a multiplier.
        change = once("change", Mux(C[-1], -self.rate, self.rate))
        learned = once("learned", W - Mux(S_bit, change, 0))
        for word in third:
            # One bit more than a weight has: the least one's magnitude needs it.
            W_size = once("W_size", magnitude(Cat(W, W[-1]).as_signed()))
            D_bit = once("D_bit", word < W_size)
            decay = once("decay", Mux(W[-1], -self.rate, self.rate))
            learned = once("decayed", learned - Mux(D_bit, decay, 0))
        return limited(moved, size, p.momentum_bits), saturated(learned, p.weight_width)


def limited(value, size, bits):
    """Return the value, of the given magnitude, or the end of -2^bits..2^bits it has passed."""
    passed = size[bits + 1 :].any() | (size[bits] & size[:bits].any())
    return Mux(passed, Mux(value[-1], -1 << bits, 1 << bits), value)
