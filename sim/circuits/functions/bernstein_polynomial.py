"""Catalogue entry of `bernstein_polynomial`."""

from __future__ import annotations

import math

import numpy as np

from stochastic import BernsteinPolynomial, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import bernstein

__all__ = ["ENTRY"]

CYCLES = 4096


def of_the_codes(parameters, values, encoding):
    """Return the polynomial whose coefficients are the codes."""
    return bernstein(parameters.codes, values["x"]) / (1 << parameters.generator.width)


def polynomial(parameters, cycles, lanes, rng):
    """Expect the polynomial of the codes, or of the codes' chances in the actual words."""
    n = parameters.degree
    x = rng.random(lanes)
    words = parameters.generator.words(CYCLES)
    # The chance of a one for each code among the words of this run.
    b = np.array([(words < code).mean() for code in parameters.codes])
    terms = [math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(n + 1)]
    expected = sum(chance * term for chance, term in zip(b, terms, strict=True))
    return Expectation(
        inputs={"x": random_streams(rng, CYCLES, np.repeat(x, n))},
        measure=lambda outputs: outputs["y"].mean(axis=0),
        expected=expected,
        tolerance=5 * np.sqrt(0.25 / CYCLES),
        source=(
            "sum of b_k C(n, k) x^k (1 - x)^(n - k), Qian et al. 2011, with b_k the part of "
            "the words below the code; five standard deviations of a mean of N independent "
            "bits, at most sqrt(1 / (4 N))"
        ),
    )


def codes_at_their_words(p):
    """Return as many ones as select a code that the word equals, or is just below.

    There a comparator shows the lowest bit of the code. Elsewhere the next code is selected.
    """
    words = p.generator.words(min(p.generator.period, 4096)).astype(np.int64)
    ones = np.abs(2 * (np.array(p.codes) - words[:, None]) - 1).argmin(axis=1)
    return {"x": (np.arange(p.degree) < ones[:, None]).astype(np.int64)}


ENTRY = Entry(
    name="bernstein_polynomial",
    # Gamma correction x^0.45 of degree 6, the published example.
    default=BernsteinPolynomial(
        codes=(24, 184, 89, 256, 180, 248, 254), generator=Lfsr(width=8)
    ),
    edges=(
        BernsteinPolynomial(codes=(0, 2), generator=VanDerCorput(width=1)),
        BernsteinPolynomial(codes=(2, 5, 3, 6), generator=VanDerCorput(width=3)),
        BernsteinPolynomial(codes=(4096, 0, 4096), generator=Sobol(width=12, dimension=2)),
        BernsteinPolynomial(
            codes=tuple(range(0, 17 * 61, 61)), generator=Lfsr(width=10, zero_state=True)
        ),
    ),
    planted=BernsteinPolynomial(codes=(2, 5, 3, 6), generator=Lfsr(width=3)),
    oracle=polynomial,
    directed=codes_at_their_words,
    law=of_the_codes,
)
