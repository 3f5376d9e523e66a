"""Random operations on streams, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from stochastic import Counter, Halton, Lfsr, Pcg, Sobol, VanDerCorput, Xorshift32

ENGINES = ["bit", "packed", "table", "auto"]


ENCODINGS = ["unipolar", "bipolar", "sign-magnitude"]


PROPERTY = settings(derandomize=True, deadline=None, database=None, max_examples=60)


def generators(width, seed):
    """Return one of many generators of a width."""
    kinds = [
        lambda: Counter(width=width, direction=("up", "down")[seed % 2], phase=seed),
        lambda: VanDerCorput(width=width, phase=seed),
        lambda: Sobol(width=width, dimension=seed % 64),
        lambda: Pcg(width=width, seed=seed),
        lambda: Halton(width=width, base=3),
        lambda: Xorshift32(width=width, seed=seed + 1),
        lambda: Lfsr(
            width=max(width, 3), seed=1 + seed % 7, form=("fibonacci", "galois")[seed % 2]
        ),
    ]
    return st.sampled_from(kinds).map(lambda kind: kind())


@st.composite
def operations(draw, widths):
    pair = tuple(
        draw(generators(draw(st.integers(*widths)), draw(st.integers(0, 10**6))))
        for _ in range(2)
    )
    length = draw(st.one_of(st.integers(1, 300), st.sampled_from([64, 128, 256, 512, 1024])))
    return pair, length, draw(st.sampled_from(ENCODINGS)), draw(st.integers(0, 2**32))


def random_codes(rng, generator, encoding, shape):
    high = 1 << generator.width
    low = -high if encoding == "sign-magnitude" else 0
    codes = rng.integers(low, high + 1, shape)
    # The ends of the range are where engines differ, if they do.
    return np.where(rng.random(shape) < 0.2, rng.choice([low, 0, high], shape), codes)
