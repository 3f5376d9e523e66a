"""The number format bfloat16 and its circuits."""

from .bfloat16_adder import Bfloat16Adder
from .bfloat16_multiplier import Bfloat16Multiplier
from .number import from_bfloat16, to_bfloat16

__all__ = ["Bfloat16Adder", "Bfloat16Multiplier", "from_bfloat16", "to_bfloat16"]
