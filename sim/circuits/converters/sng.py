"""Catalogue entry of `sng`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, Sng, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.laws import first

__all__ = ["ENTRY"]


def ones_in_a_period(parameters, cycles, lanes, rng) -> Expectation:
    """Expect a number of ones equal to the code, over one period of the generator."""
    generator = parameters.generator
    n = generator.width
    code = rng.integers(0, 1 << n, lanes, endpoint=True)
    code[:2] = [1 << n, 0][:lanes]
    inputs = {"code": code}
    sign = np.ones(lanes, np.int64)
    if parameters.encoding == "sign-magnitude":
        inputs["code_sign"] = rng.integers(0, 2, lanes)
        sign = 1 - 2 * inputs["code_sign"]
    length = generator.period if n <= 12 else 1 << 12
    ones = code if generator.period >> n else np.maximum(code - 1, 0)

    def measure(outputs):
        stream = outputs["stream"]
        if parameters.encoding == "sign-magnitude":
            stream = np.where(outputs["stream_sign"], -stream, stream)
        return stream.sum(axis=0)

    return Expectation(
        inputs={name: np.tile(values, (length, 1)) for name, values in inputs.items()},
        measure=measure,
        expected=sign * ones * (1 if n <= 12 else length / (1 << n)),
        tolerance=0 if n <= 12 else 1,
        source=(
            "a period of 2^n words contains every word once, and X words are less than the "
            "code X; without the word 0 there is one less. The first 2^k words of a (0, 1)-"
            "sequence in base 2 have one word in each interval of 2^(n - k), so that the error "
            "of the count is less than 1"
        ),
    )


ENTRY = Entry(
    name="sng",
    default=Sng(generator=Lfsr(width=8)),
    edges=(
        Sng(generator=VanDerCorput(width=1)),
        Sng(generator=Lfsr(width=3), encoding="bipolar"),
        Sng(generator=Counter(width=8, direction="down"), encoding="sign-magnitude"),
        Sng(generator=Lfsr(width=12, form="galois", zero_state=True, seed=9)),
        Sng(generator=Sobol(width=24, dimension=5), encoding="sign-magnitude"),
        Sng(generator=VanDerCorput(width=32)),
    ),
    # A code of a few bits is often equal to the word, even in a short check.
    planted=Sng(generator=Lfsr(width=4)),
    oracle=ones_in_a_period,
    law=first,
)
