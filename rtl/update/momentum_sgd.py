"""Momentum SGD in stochastic logic: a momentum and a weight counter per lane."""

from amaranth.hdl import Cat, Mux

from stochastic import MomentumSgdLanes

from ..component import component
from ..rounding import named_signal
from .counter_weights import CounterUpdateComponent, magnitude, saturated

__all__ = ["MomentumSgdComponent"]


@component(MomentumSgdLanes)
class MomentumSgdComponent(CounterUpdateComponent):
    """Two or three comparators and two saturating counters per lane, and their generators."""

    sources = ("gradient_generator", "momentum_generator", "weight_decay_generator")

    def lane(self, m, lane, gradient, momentum, weight, words):
        def named(name, value):
            """Give a value a name, so that it is computed once."""
            return named_signal(m, f"{name}_{lane}", value)

        p = self.parameters
        gradient_word, momentum_word, *decay_words = words
        C, W = named("C", momentum), named("W", weight)
        G_bit = gradient_word < named("gradient_size", magnitude(gradient))
        S_bit = named("S_bit", momentum_word < named("C_size", magnitude(C)))
        G = named("G", Mux(G_bit, Mux(gradient[-1], -1, 1), 0))
        S = named("S", Mux(S_bit, Mux(C[-1], -1, 1), 0))
        moved = named("moved", C + ((G - S) << (p.momentum_bits - p.cycle_shift)))
        size = named("moved_size", magnitude(moved))
        # rate * S without a multiplier.
        change = named("change", Mux(C[-1], -self.rate, self.rate))
        learned = named("learned", W - Mux(S_bit, change, 0))
        for word in decay_words:
            # The magnitude of the minimum needs one bit more than W has.
            W_size = named("W_size", magnitude(Cat(W, W[-1]).as_signed()))
            D_bit = named("D_bit", word < W_size)
            decay = named("decay", Mux(W[-1], -self.rate, self.rate))
            learned = named("decayed", learned - Mux(D_bit, decay, 0))
        return saturated_magnitude(moved, size, p.momentum_bits), saturated(
            learned, p.weight_width
        )


def saturated_magnitude(value, size, bits):
    """Return a value of magnitude `size`, saturated to -2^bits..2^bits."""
    exceeds = size[bits + 1 :].any() | (size[bits] & size[:bits].any())
    return Mux(exceeds, Mux(value[-1], -1 << bits, 1 << bits), value)
