"""Fixed-point adder."""

from fixedpoint.quantizers.fixed_adder import FixedAdder

from ..component import component
from ..rounding import aligned_sum
from .base import RoundingComponent

__all__ = ["FixedAdderComponent"]


@component(FixedAdder)
class FixedAdderComponent(RoundingComponent):
    """Wires that align the binary points, and one adder."""

    def exact(self):
        p = self.parameters
        return aligned_sum((self.a, p.a.frac_bits), (self.b, p.b.frac_bits))[0]
