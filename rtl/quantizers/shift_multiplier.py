"""Multiplier by powers of two."""

from amaranth.hdl import Mux

from fixedpoint.quantizers.shift_multiplier import ShiftMultiplier

from ..component import component
from .base import RoundingComponent

__all__ = ["ShiftMultiplierComponent", "shift_product"]


@component(ShiftMultiplier)
class ShiftMultiplierComponent(RoundingComponent):
    """A negation and a shifter."""

    def exact(self):
        return shift_product(self, self.parameters.weight)


def shift_product(pins, weight):
    """Return ``a`` times the weight, in units of a's resolution and the least power."""
    number = Mux(pins.sign, -pins.a, pins.a) if weight.signed else pins.a
    # Exponent code k is a shift by k - 1: the lowest bit is cut off again.
    whole = (number << pins.exponent)[1:]
    whole = whole.as_signed() if number.shape().signed else whole
    # One signed bit is -1, all ones, or 0.
    return whole & pins.exponent.any().as_signed()
