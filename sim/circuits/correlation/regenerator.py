"""Catalogue entry of `regenerator`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, Regenerator, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.laws import first

__all__ = ["ENTRY"]


def counts(parameters, cycles, lanes, rng):
    """Expect the ones of each window of the input in the next window of the output."""
    window = 1 << parameters.generator.width
    windows = 64
    ones = rng.integers(0, window, (windows, 1, lanes), endpoint=True)
    order = rng.permuted(np.tile(np.arange(window)[:, None], (windows, 1, lanes)), axis=1)
    short = int(parameters.generator.period < window)
    return Expectation(
        inputs={"x": (order < ones).reshape(-1, lanes).astype(np.int64)},
        measure=lambda outputs: outputs["y"].reshape(windows, window, lanes)[1:].sum(axis=1),
        expected=ones[:-1, 0] - short / 2,
        tolerance=short / 2,
        source=(
            "the ones of the window before, exact if each word occurs once in 2^n cycles; of "
            "the words of a maximal shift register one occurs twice and 0 never, so that one "
            "may be missing"
        ),
    )


def levels(parameters, cycles, lanes, rng):
    """Return streams whose mean changes from window to window, to 0 and 1 too."""
    window = 1 << parameters.generator.width
    windows = -(-cycles // window)
    p = rng.choice([0, 0.2, 0.5, 0.9, 1], (windows, 1, lanes))
    bits = rng.random((windows, window, lanes)) < p
    # Windows of which only the last cycle counts.
    late = rng.random((windows, lanes)) < 0.3
    bits[:, :-1] &= ~late[:, None]
    bits[:, -1] = np.where(late, rng.random((windows, lanes)) < 0.5, bits[:, -1])
    return {"x": bits.reshape(-1, lanes)[:cycles].astype(np.int64)}


# The cycle in which the 4-bit register with the zero state is 0.
ZERO = int(np.argmin(Lfsr(width=4, zero_state=True).words(16)))

ENTRY = Entry(
    name="regenerator",
    default=Regenerator(generator=Sobol(width=3, dimension=1)),
    edges=(
        Regenerator(generator=Counter(width=1), initial=2),
        Regenerator(generator=VanDerCorput(width=2), initial=4),
        Regenerator(generator=Lfsr(width=4, zero_state=True, phase=ZERO), initial=3),
    ),
    oracle=counts,
    stimulus=levels,
    law=first,
)
