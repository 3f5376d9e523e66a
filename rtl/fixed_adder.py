"""Fixed-point adder."""

from fixedpoint.fixed_adder import FixedAdder

from .component import component
from .quantizing import QuantizingComponent

__all__ = ["FixedAdderComponent"]


@component(FixedAdder)
class FixedAdderComponent(QuantizingComponent):
    """Wires that align the binary points, and one adder."""

    def exact(self):
        further = self.parameters.a.frac_bits - self.parameters.b.frac_bits
        return self.a.shift_left(max(-further, 0)) + self.b.shift_left(max(further, 0))
