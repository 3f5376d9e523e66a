"""Stochastic computing: generators, bit streams, and golden models of every circuit."""

from .addie import Addie
from .bitstream import Bitstream
from .correlation import autocorrelation, pearson, scc, zero_correlation_error
from .counter import Counter
from .encode import decode, encode, encode_codes
from .encoding import from_codes, to_codes
from .gates import add, invert, multiply, scaled_add
from .generator import Generator, same_sequence
from .halton import Halton
from .hybrid_momentum_sgd import HybridMomentumSgd
from .integrator import Integrator
from .lfsr import Lfsr
from .lms_filter import LmsFilter
from .matmul import matmul
from .momentum_sgd import MomentumSgd
from .momentum_sgd_memory import MomentumSgdMemory
from .momentum_sgd_unit import MomentumSgdUnit
from .multiplier import Multiplier
from .mux_adder import MuxAdder
from .ode_solver import OdeSolver
from .pcg import Pcg
from .products import multiply_count, product_counts
from .rotated import Rotated
from .sc_gdc import ScGdc
from .sng import Sng
from .sobol import Sobol
from .stochastic_to_binary import StochasticToBinary
from .van_der_corput import VanDerCorput
from .xorshift32 import Xorshift32

__all__ = [
    "Addie",
    "Bitstream",
    "Counter",
    "Generator",
    "Halton",
    "HybridMomentumSgd",
    "Integrator",
    "Lfsr",
    "LmsFilter",
    "MomentumSgd",
    "MomentumSgdMemory",
    "MomentumSgdUnit",
    "Multiplier",
    "MuxAdder",
    "OdeSolver",
    "Pcg",
    "Rotated",
    "ScGdc",
    "Sng",
    "Sobol",
    "StochasticToBinary",
    "VanDerCorput",
    "Xorshift32",
    "add",
    "autocorrelation",
    "decode",
    "encode",
    "encode_codes",
    "from_codes",
    "invert",
    "matmul",
    "multiply",
    "multiply_count",
    "pearson",
    "product_counts",
    "same_sequence",
    "scaled_add",
    "scc",
    "to_codes",
    "zero_correlation_error",
]
