"""Hybrid momentum SGD: binary momenta and weight counters moved by stochastic samples."""

from amaranth.hdl import Mux, Signal, signed

from fixedpoint import Rounding
from stochastic import HybridMomentumSgdLanes

from ..component import component
from ..rounding import named_signal, round_value
from .counter_weights import CounterUpdateComponent, magnitude, saturated

__all__ = ["HybridMomentumSgdComponent"]


@component(HybridMomentumSgdLanes)
class HybridMomentumSgdComponent(CounterUpdateComponent):
    """A shift, two additions and a rounding for the momentum, and a comparator to send it."""

    sources = ("generator",)

    def loaded(self, m, momentum, gradient):
        """Return the average of the momentum and the gradient."""
        p = self.parameters
        target = gradient << (p.momentum_bits - p.gradient_bits)
        exact = (momentum << p.decay_shift) + (target - momentum)
        return round_value(m, exact, p.decay_shift, Rounding.NEAREST_EVEN)

    def lane(self, m, lane, gradient, momentum, weight, words):
        p = self.parameters
        V = Signal(signed(p.momentum_bits + 2), name=f"V_{lane}")
        m.d.comb += V.eq(momentum)
        S_bit = named_signal(m, f"S_bit_{lane}", words[0] < magnitude(V))
        change = Mux(V[-1], -self.rate, self.rate)
        learned = named_signal(m, f"learned_{lane}", weight - Mux(S_bit, change, 0))
        return V, saturated(learned, p.weight_width)
