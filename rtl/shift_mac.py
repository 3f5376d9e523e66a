"""Multiply-accumulate unit whose weights are powers of two."""

from fixedpoint.shift_mac import ShiftMac

from .component import component
from .mac import MacComponent
from .shift_multiplier import shifted

__all__ = ["ShiftMacComponent"]


@component(ShiftMac)
class ShiftMacComponent(MacComponent):
    """A negation and a shifter before the adder."""

    def product(self):
        return shifted(self, self.parameters.weight)
