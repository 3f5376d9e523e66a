"""Generators: one word a cycle."""

from .counter import Counter
from .generator import Generator, same_sequence
from .halton import Halton
from .lfsr import Lfsr
from .parallel_sobol import ParallelSobol
from .pcg import Pcg
from .permuted import Permuted
from .rotated import Rotated
from .sobol import Sobol
from .van_der_corput import VanDerCorput
from .xorshift32 import Xorshift32

__all__ = [
    "Counter",
    "Generator",
    "Halton",
    "Lfsr",
    "ParallelSobol",
    "Pcg",
    "Permuted",
    "Rotated",
    "Sobol",
    "VanDerCorput",
    "Xorshift32",
    "same_sequence",
]
