"""Momentum SGD in fixed point."""

from amaranth.hdl import Signal

from fixedpoint.update.fixed_momentum_sgd import FixedMomentumSgdLanes

from ..component import component
from ..rounding import aligned_sum, named_signal, quantize_value
from .base import UpdateComponent

__all__ = ["FixedMomentumSgdComponent"]


@component(FixedMomentumSgdLanes)
class FixedMomentumSgdComponent(UpdateComponent):
    """A shift and two subtractions for the momentum, a multiplier for the weight."""

    sources = ("momentum_generator", "weight_generator")

    def lane(self, m, lane, gradient, momentum, weight, words):
        p = self.parameters
        first, second = words or (None, None)
        now = named_signal(m, f"now_momentum_{lane}", momentum)
        bits, shift = p.momentum_format.frac_bits, p.decay_shift
        # C - 2^-shift C + 2^-shift gradient; a shift only moves the binary point.
        kept, _ = aligned_sum((now, bits), (-now, bits + shift))
        moved, _ = aligned_sum(
            (kept, bits + shift), (gradient, p.gradient_format.frac_bits + shift)
        )
        code, _ = quantize_value(m, moved, p.momentum_stage, first)
        following = Signal.like(now, name=f"next_momentum_{lane}")
        m.d.comb += following.eq(code)
        stepped, _ = aligned_sum(
            (weight, p.weight_format.frac_bits),
            (-(self.rate * following), p.rate_format.frac_bits + bits),
        )
        code, _ = quantize_value(m, stepped, p.weight_stage, second)
        return following, code
