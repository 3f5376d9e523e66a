"""Circuits that update the parameters of a network with stochastic samples."""

from .hybrid_momentum_sgd import HybridMomentumSgdLanes
from .momentum_sgd import MomentumSgdLanes
from .momentum_sgd_memory import MomentumSgdMemory
from .momentum_sgd_unit import MomentumSgdUnit

__all__ = [
    "HybridMomentumSgd",
    "HybridMomentumSgdLanes",
    "MomentumSgd",
    "MomentumSgdLanes",
    "MomentumSgdMemory",
    "MomentumSgdUnit",
]

# Names of version 0.1.
HybridMomentumSgd = HybridMomentumSgdLanes
MomentumSgd = MomentumSgdLanes
