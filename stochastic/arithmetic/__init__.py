"""Adders and multipliers of bit streams."""

from .gates import add, invert, multiply, scaled_add
from .matmul import matmul
from .multiplier import Multiplier
from .mux_adder import MuxAdder
from .product_counts import multiply_count, product_counts

__all__ = [
    "Multiplier",
    "MuxAdder",
    "add",
    "invert",
    "matmul",
    "multiply",
    "multiply_count",
    "product_counts",
    "scaled_add",
]
