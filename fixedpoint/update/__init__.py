"""Circuits that update the parameters of networks, in fixed point and bfloat16."""

from .bfloat16_momentum_sgd import Bfloat16MomentumSgdLanes
from .fixed_momentum_sgd import FixedMomentumSgdLanes

__all__ = [
    "Bfloat16MomentumSgd",
    "Bfloat16MomentumSgdLanes",
    "FixedMomentumSgd",
    "FixedMomentumSgdLanes",
]

# The names of version 0.1.
Bfloat16MomentumSgd = Bfloat16MomentumSgdLanes
FixedMomentumSgd = FixedMomentumSgdLanes
