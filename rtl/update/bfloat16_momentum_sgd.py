"""Momentum SGD in bfloat16."""

from fixedpoint.update.bfloat16_momentum_sgd import Bfloat16MomentumSgdLanes

from ..bfloat16.operations import add, multiply, negate, scale_down
from ..component import component
from ..rounding import named_signal
from .base import UpdateComponent

__all__ = ["Bfloat16MomentumSgdComponent"]


@component(Bfloat16MomentumSgdLanes)
class Bfloat16MomentumSgdComponent(UpdateComponent):
    """Three adders, a shift of the exponent and a multiplier a lane."""

    sources = ("weight_generator",)

    def lane(self, m, lane, gradient, momentum, weight, words):
        C = named_signal(m, f"C_{lane}", momentum)
        W = named_signal(m, f"W_{lane}", weight)
        difference = add(m, f"difference_{lane}", gradient, negate(C))
        change = scale_down(m, f"change_{lane}", difference, self.parameters.decay_shift)
        following = add(m, f"next_momentum_{lane}", C, change)
        learned = multiply(m, f"learned_{lane}", self.rate, following)
        return following, add(m, f"next_weight_{lane}", W, negate(learned), *words)
