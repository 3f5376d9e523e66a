"""Training networks with the stochastic optimizer; needs PyTorch."""

from .optimizer import MomentumSGD
from .scale import Scale

__all__ = ["MomentumSGD", "Scale"]
