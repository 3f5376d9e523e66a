"""Catalogue entry of `fixed_momentum_sgd`."""

from __future__ import annotations

import numpy as np

from fixedpoint import FixedMomentumSgdLanes, Rounding
from stochastic import Lfsr, Xorshift32

from ...entry import Entry, Expectation
from ...oracles.fixed_updates import fixed_lanes
from ...oracles.float_reference import FLOAT_ROUNDINGS, fit_floats, random_codes, rotated_words

__all__ = ["ENTRY"]


def rounded_momentum_sgd(p: FixedMomentumSgdLanes, cycles, lanes, rng) -> Expectation:
    """Expect every momentum and weight of successive updates with random loads."""
    n = p.lanes
    inputs = {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "rate": random_codes(rng, p.rate_format, (cycles, lanes), bits=10),
        "gradient": random_codes(rng, p.gradient_format, (cycles, lanes * n), bits=16),
        "momentum_in": random_codes(rng, p.momentum_format, (cycles, lanes * n), bits=16),
        "weight_in": random_codes(rng, p.weight_format, (cycles, lanes * n)),
    }
    load = np.repeat(inputs["load"], n, axis=1) == 1
    rate = np.repeat(inputs["rate"], n, axis=1) * 2.0**-p.rate_format.frac_bits
    gradient = inputs["gradient"] * 2.0**-p.gradient_format.frac_bits
    words = [np.zeros((cycles, lanes * n))] * 2
    for i, generator in enumerate(p.generators):
        words[i] = np.tile(rotated_words(generator, cycles, n), (1, lanes))

    def quantize(values, fmt, word):
        mode = Rounding.TRUNCATE if p.rounding is Rounding.STOCHASTIC else p.rounding
        return fit_floats(
            FLOAT_ROUNDINGS[mode](values * 2.0**fmt.frac_bits + word), fmt, p.overflow
        )

    c, w = np.zeros((2, lanes * n))
    expected = np.empty((2, cycles, lanes * n))
    for t in range(cycles):
        expected[:, t] = c, w
        c = np.where(load[t], inputs["momentum_in"][t], c) * 2.0**-p.momentum_format.frac_bits
        w = np.where(load[t], inputs["weight_in"][t], w) * 2.0**-p.weight_format.frac_bits
        moved = c + (gradient[t] - c) * 2.0**-p.decay_shift
        c = quantize(moved, p.momentum_format, words[0][t])
        stepped = w - rate[t] * c * 2.0**-p.momentum_format.frac_bits
        w = quantize(stepped, p.weight_format, words[1][t])
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([outputs["momentum"], outputs["weight"]]),
        expected=expected,
        tolerance=0,
        source=(
            "momentum <- Q(C + 2^-d (g - C)), weight <- Q(W - rate momentum) in doubles, "
            "which hold these values exactly"
        ),
    )


ENTRY = Entry(
    name="fixed_momentum_sgd",
    default=fixed_lanes(
        4,
        "sQ2.14 sQ2.14 sQ4.12 uQ0.8",
        3,
        "stochastic",
        "saturate",
        (Lfsr(width=3), Lfsr(width=10)),
    ),
    # Various lanes, formats and modes.
    edges=(
        fixed_lanes(1, "sQ1.0 sQ1.0 sQ1.0 uQ1.0", 0, "truncate", "wrap"),
        fixed_lanes(2, "sQ4.4 sQ2.6 sQ3.5 uQ-1.8", 3, "nearest_even", "saturate_symmetric"),
        fixed_lanes(3, "sQ2.6 sQ4.4 sQ6.2 uQ2.2", 1, "nearest_away", "saturate_zero"),
        fixed_lanes(1, "uQ4.4 sQ5.3 uQ4.4 sQ2.2", 4, "jam", "saturate"),
        fixed_lanes(1, "sQ2.14 sQ2.18 sQ4.20 uQ0.8", 12, "nearest_zero", "saturate"),
        fixed_lanes(1, "sQ8.24 sQ8.24 sQ8.24 uQ0.16", 32, "ceil", "wrap"),
        fixed_lanes(
            5,
            "sQ2.6 sQ2.6 sQ2.6 uQ0.4",
            3,
            "stochastic",
            "saturate",
            (Lfsr(width=4), Xorshift32(width=3)),
        ),
    ),
    planted=fixed_lanes(1, "sQ2.3 sQ1.3 sQ2.3 uQ1.1", 1, "nearest_even", "saturate_zero"),
    oracle=rounded_momentum_sgd,
)
