"""Stochastic computing: generators, bit streams, and golden models of every circuit."""

from .counter import Counter
from .generator import Generator, same_sequence

__all__ = ["Counter", "Generator", "same_sequence"]
