"""Fixed-point multiplier."""

from fixedpoint.fixed_multiplier import FixedMultiplier

from .component import component
from .quantizing import QuantizingComponent

__all__ = ["FixedMultiplierComponent"]


@component(FixedMultiplier)
class FixedMultiplierComponent(QuantizingComponent):
    """One multiplier."""

    def exact(self):
        return self.a * self.b
