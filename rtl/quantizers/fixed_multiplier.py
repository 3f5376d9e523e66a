"""Fixed-point multiplier."""

from fixedpoint.quantizers.fixed_multiplier import FixedMultiplier

from ..component import component
from .base import RoundingComponent

__all__ = ["FixedMultiplierComponent"]


@component(FixedMultiplier)
class FixedMultiplierComponent(RoundingComponent):
    """One multiplier."""

    def exact(self):
        return self.a * self.b
