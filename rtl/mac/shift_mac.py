"""Multiply-accumulate unit whose weights are powers of two."""

from fixedpoint.mac.shift_mac import ShiftMac

from ..component import component
from ..quantizers.shift_multiplier import shift_product
from .mac import MacComponent

__all__ = ["ShiftMacComponent"]


@component(ShiftMac)
class ShiftMacComponent(MacComponent):
    """A negation and a shifter before the adder."""

    def product(self):
        return shift_product(self, self.parameters.weight)
