"""Multiplier by powers of two."""

from amaranth.hdl import Mux

from fixedpoint.shift_multiplier import ShiftMultiplier

from .component import component
from .quantizing import QuantizingComponent

__all__ = ["ShiftMultiplierComponent", "shifted"]


@component(ShiftMultiplier)
class ShiftMultiplierComponent(QuantizingComponent):
    """A shifter and a negation."""

    def exact(self):
        return shifted(self, self.parameters.weight)


def shifted(pins, weight):
    """Return ``a`` times the weight, in units of a's resolution and the least power."""
    # Exponent code k is a shift by k - 1: the lowest bit is cut off again.
    whole = (pins.a << pins.exponent)[1:]
    whole = whole.as_signed() if pins.a.shape().signed else whole
    product = Mux(pins.exponent.any(), whole, 0)
    return Mux(pins.sign, -product, product) if weight.signed else product
