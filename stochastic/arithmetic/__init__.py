"""Adders and multipliers of bit streams."""

from .approximate_parallel_counter import ApproximateParallelCounter
from .conditional_multiplier import ConditionalMultiplier
from .convolution import conv2d
from .cycle_counts import cycle_counts
from .deterministic_multiplier import DeterministicMultiplier
from .gates import add, invert, multiply, scaled_add
from .hybrid_multiplier import HybridMultiplier
from .in_stream_multiplier import InStreamMultiplier
from .inverter import Inverter
from .matmul import matmul
from .multiplier import Multiplier
from .mux_adder import MuxAdder
from .or_adder import OrAdder
from .parallel_counter import ParallelCounter
from .product_counts import multiply_count, product_counts
from .selector import Selector
from .toggle_adder import ToggleAdder
from .unified_adder import UnifiedAdder
from .unified_scaled_adder import UnifiedScaledAdder

__all__ = [
    "ApproximateParallelCounter",
    "ConditionalMultiplier",
    "DeterministicMultiplier",
    "HybridMultiplier",
    "InStreamMultiplier",
    "Inverter",
    "Multiplier",
    "MuxAdder",
    "OrAdder",
    "ParallelCounter",
    "Selector",
    "ToggleAdder",
    "UnifiedAdder",
    "UnifiedScaledAdder",
    "add",
    "conv2d",
    "cycle_counts",
    "invert",
    "matmul",
    "multiply",
    "multiply_count",
    "product_counts",
    "scaled_add",
]
