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
    """Return ``a`` times the weight, in units of a's resolution and the smallest power."""
    number = Mux(pins.sign, -pins.a, pins.a) if weight.signed else pins.a
    # Exponent code k stands for a shift by k - 1, so the lowest bit is dropped.
    whole = (number << pins.exponent)[1:]
    whole = whole.as_signed() if number.shape().signed else whole
    # A signed bit is 0 or -1, whose bits are all ones.
    return whole & pins.exponent.any().as_signed()
