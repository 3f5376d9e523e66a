"""Catalogue entry of `binary_mac`."""

from __future__ import annotations

import numpy as np

from fixedpoint import BinaryMac

from ...entry import Entry, Expectation
from ...oracles.accumulators import accumulator, expect_sums, random_terms
from ...oracles.power_of_two_weights import PLANTED, SPECS, simple_mac

__all__ = ["ENTRY"]


def signed_sums(p: BinaryMac, cycles, lanes, rng) -> Expectation:
    """Expect sums of codes that are added, subtracted or skipped."""
    bit = rng.integers(0, 2, (cycles, lanes))
    weights, value = {"weight": bit}, np.where(bit, 1.0, -1.0)
    if p.weights == "ternary":
        sign = rng.integers(0, 2, (cycles, lanes))
        weights["sign"], value = sign, np.where(bit, np.where(sign, -1.0, 1.0), 0.0)
    return expect_sums(p, {**weights, **random_terms(p, cycles, lanes, rng)}, value)


ENTRY = Entry(
    name="binary_mac",
    default=simple_mac(BinaryMac, "sQ4.4", accumulator("sQ8.4", "truncate", "saturate")),
    edges=tuple(
        simple_mac(
            BinaryMac,
            "uQ1.0" if i == 0 else "uQ2.2" if i % 2 else "sQ2.2",
            spec,
            weights=weights,
        )
        for weights in ("binary", "ternary")
        for i, spec in enumerate(SPECS)
    ),
    planted=simple_mac(BinaryMac, "sQ2.2", PLANTED, weights="ternary"),
    oracle=signed_sums,
)
