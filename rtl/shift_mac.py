"""Multiply-accumulate unit whose weights are powers of two."""

from fixedpoint.shift_mac import ShiftMac

from .component import component
from .shift_multiplier import shifted
from .weighted_mac import WeightedMacComponent

__all__ = ["ShiftMacComponent"]


@component(ShiftMac)
class ShiftMacComponent(WeightedMacComponent):
    """A negation and a shifter before the adder."""

    def product(self):
        return shifted(self, self.parameters.weight)
