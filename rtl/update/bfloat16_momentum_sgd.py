"""Momentum SGD in bfloat16."""

from fixedpoint.update.bfloat16_momentum_sgd import Bfloat16MomentumSgdLanes

from ..bfloat16.operations import added, multiplied, negated, scaled
from ..component import component
from ..rounding import named
from .base import UpdateComponent

__all__ = ["Bfloat16MomentumSgdComponent"]


@component(Bfloat16MomentumSgdLanes)
class Bfloat16MomentumSgdComponent(UpdateComponent):
    """Three adders, a shift of the exponent and a multiplier a lane."""

    sources = ("weight_generator",)

    def lane(self, m, lane, gradient, momentum, weight, words):
        C = named(m, f"C_{lane}", momentum)
        W = named(m, f"W_{lane}", weight)
        difference = added(m, f"difference_{lane}", gradient, negated(C))
        change = scaled(m, f"change_{lane}", difference, self.parameters.decay_shift)
        following = added(m, f"next_momentum_{lane}", C, change)
        learned = multiplied(m, f"learned_{lane}", self.rate, following)
        return following, added(m, f"next_weight_{lane}", W, negated(learned), *words)
