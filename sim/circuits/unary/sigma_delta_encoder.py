"""Catalogue entry of `sigma_delta_encoder`."""

from __future__ import annotations

import numpy as np

from stochastic import SigmaDeltaEncoder

from ...entry import Entry, Expectation
from ...oracles.laws import first

__all__ = ["ENTRY"]


def counted(parameters, cycles, lanes, rng):
    """Expect floor((A_0 + sum of the codes) / 2^n) ones at any time."""
    full = 1 << parameters.width
    codes = rng.integers(0, full, (cycles, lanes), endpoint=True)
    codes[cycles // 2 :] = codes[cycles // 2]
    total = parameters.initial + np.cumsum(codes, axis=0)
    return Expectation(
        inputs={"code": codes},
        measure=lambda outputs: np.cumsum(outputs["stream"], axis=0),
        expected=total // full,
        tolerance=0,
        source="the carries of an accumulator: an error of less than 1 / T after T bits",
    )


ENTRY = Entry(
    name="sigma_delta_encoder",
    default=SigmaDeltaEncoder(width=8),
    edges=(
        SigmaDeltaEncoder(width=1, initial=1),
        SigmaDeltaEncoder(width=5, initial=16),
        SigmaDeltaEncoder(width=32, initial=2**32 - 1),
    ),
    planted=SigmaDeltaEncoder(width=5, initial=16),
    oracle=counted,
    law=first,
)
