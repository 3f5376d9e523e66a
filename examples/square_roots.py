"""Square roots of streams: what the bit-inserting loop computes, by its timing.

Run it with ``python -m examples.square_roots``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.oracles.finite_chains import moments_of_ones
from stochastic import (
    BitInsertingSquareRoot,
    Bitstream,
    GainesSquareRoot,
    Lfsr,
    Pcg,
    VanDerCorput,
    Xorshift32,
)

__all__ = ["X", "bit_inserting_rows", "gaines_rows", "main"]

X = np.array([0.04, 0.1, 0.25, 0.36, 0.7, 0.9])

Row = tuple[str, NDArray[np.float64]]


def exact_mean(size: int, delay: int = 0) -> NDArray[np.float64]:
    """Return the mean of the loop in the long run, by the chain of Q and earlier outputs.

    Parameters
    ----------
    size : int
        Earlier outputs that are kept; 0 where J is the output.
    delay : int
        Cycles from the output to J, 1..size; 0 where J is picked at random.
    """
    mask = (1 << size) - 1

    def advance(state, word, bit):
        trace, history = state >> size, state & mask
        one = trace | bit
        j = one if not size else history >> (delay - 1 if delay else word)
        return (j & 1 - trace) << size | (history << 1 | one) & mask, one

    words = np.random.default_rng(0).integers(0, max(size, 1), 6000)
    early, late = (
        moments_of_ones(advance, 2 << size, 0, X[None], words[:cycles])[0]
        for cycles in (2000, 6000)
    )
    return np.asarray((late - early) / 4000)


def random_streams() -> Bitstream:
    """Return 40 streams of each value."""
    bits = np.random.default_rng(1).random((40, len(X), 16384)) < X[:, None]
    return Bitstream.from_bits(bits, "unipolar")


def bit_inserting_rows() -> list[Row]:
    """Return the means of the bit-inserting loop for each source of J."""
    streams = random_streams()
    found: list[Row] = [("sqrt(x)", np.sqrt(X)), ("the output, as published", exact_mean(0))]
    found += [(f"{d} cycles late", exact_mean(d, d)) for d in (1, 2, 3, 4)]
    found += [(f"one of the last {1 << w} at random", exact_mean(1 << w)) for w in (1, 2, 3)]
    for w in (4, 5):
        circuit = BitInsertingSquareRoot(generator=Pcg(width=w, seed=5))
        mean = circuit.apply(x=streams).value.mean(axis=0)
        found.append((f"one of the last {1 << w} (simulated)", mean))
    return found


def gaines_rows() -> list[Row]:
    """Return the means of Gaines' square root for each generator."""
    streams = random_streams()
    found: list[Row] = []
    for generator, delay in (
        (Xorshift32(width=8), 1),
        (Lfsr(width=8), 1),
        (Lfsr(width=8), 8),
        (VanDerCorput(width=8), 1),
    ):
        circuit = GainesSquareRoot(width=8, generator=generator, delay=delay)
        mean = circuit.apply(x=streams).bits()[..., 4096:].mean(axis=(0, 2))
        found.append((f"{type(generator).__name__}, {delay}", mean))
    return found


def main() -> None:
    """Print both tables."""
    for head, rows in (("J", bit_inserting_rows()), ("generator, delay", gaines_rows())):
        print(f"| {head} |", " | ".join(f"{x:g}" for x in X), "|")
        print("|---|" + "---|" * len(X))
        for name, means in rows:
            print(f"| {name} |", " | ".join(f"{mean:.3f}" for mean in means), "|")


if __name__ == "__main__":
    main()
