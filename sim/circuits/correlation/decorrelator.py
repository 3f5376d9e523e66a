"""Catalogue entry of `decorrelator`."""

from __future__ import annotations

import numpy as np

from stochastic import Decorrelator, Halton, Lfsr, Sobol

from ...entry import Entry, Expectation
from ...oracles.laws import pair

__all__ = ["ENTRY"]

CYCLES = 1 << 16


def delays(generator, depth):
    """Return how many cycles ago each cycle's address was used last; 0 for never."""
    last, found = {}, []
    for t, word in enumerate(generator.words(CYCLES).tolist()):
        address = word * depth // 2**generator.width
        found.append(t - last.get(address, t))
        last[address] = t
    return np.array(found)


def one_stream(parameters, cycles, lanes, rng):
    """Expect that two outputs of one stream are 1 together as often as delays are equal."""
    first, second = (delays(g, parameters.depth) for g in parameters.generators)
    equal = np.mean(first == second)
    p = rng.uniform(0.1, 0.9, lanes)
    x = (rng.random((CYCLES, lanes)) < p).astype(np.int64)

    def measure(outputs):
        a, b = outputs["a_out"], outputs["b_out"]
        return np.stack([a.mean(axis=0), b.mean(axis=0), (a & b).mean(axis=0)])

    mean = 5 * np.sqrt(p * (1 - p) / CYCLES)
    both = 5 * np.sqrt((p**2 * (1 - p**2) + 2 * p**3 * (1 - p)) / CYCLES)
    held = parameters.depth / CYCLES
    return Expectation(
        inputs={"a": x, "b": x},
        measure=measure,
        expected=np.stack([p, p, p**2 + p * (1 - p) * equal]),
        tolerance=np.stack([mean + held, mean + held, both + 2 * held]),
        source=(
            "p, and p^2 + p (1 - p) f with f the part of the cycles in which both buffers "
            "have the same delay, which is near 1 / (2 D - 1) for random addresses; five "
            "standard deviations, sqrt(v / N), with v = p (1 - p), and for the pairs, of "
            "which two share a bit, v = p^2 (1 - p^2) + 2 p^3 (1 - p); and the D bits that "
            "stay in a buffer"
        ),
    )


ENTRY = Entry(
    name="decorrelator",
    default=Decorrelator(
        depth=4, a_generator=Lfsr(width=8), b_generator=Lfsr(width=8, seed=100, form="galois")
    ),
    edges=(
        Decorrelator(
            depth=2,
            a_generator=Lfsr(width=3),
            b_generator=Lfsr(width=3, seed=5, form="galois"),
        ),
        Decorrelator(depth=3, a_generator=Lfsr(width=3), b_generator=Halton(width=4, base=3)),
        Decorrelator(
            depth=32,
            a_generator=Lfsr(width=32),
            b_generator=Sobol(width=24, dimension=5),
        ),
    ),
    planted=Decorrelator(
        depth=3,
        a_generator=Lfsr(width=4),
        b_generator=Lfsr(width=4, taps=(4, 1)),
    ),
    oracle=one_stream,
    law=pair,
)
