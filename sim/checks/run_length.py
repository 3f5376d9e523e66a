"""How long a cross-check is unless it is told otherwise."""

__all__ = ["CYCLES", "LANES"]

# More lanes cost a compiler time, more cycles a simulator; these two balance.
CYCLES = 32_768
LANES = 4
