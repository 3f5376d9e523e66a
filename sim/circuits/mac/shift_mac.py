"""Catalogue entry of `shift_mac`."""

from __future__ import annotations

from fixedpoint import ShiftMac

from ...entry import Entry, Expectation
from ...oracles.accumulators import accumulator, expect_sums, random_terms
from ...oracles.power_of_two_weights import PLANTED, SPECS, powers, random_weights, simple_mac

__all__ = ["ENTRY"]


def sums_of_shifted_codes(p: ShiftMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of shifted codes."""
    weights, value = random_weights(p, cycles, lanes, rng)
    return expect_sums(p, {**weights, **random_terms(p, cycles, lanes, rng)}, value)


ENTRY = Entry(
    name="shift_mac",
    default=simple_mac(
        ShiftMac,
        "sQ4.12",
        accumulator("sQ8.12", "nearest_up", "saturate"),
        weight=powers(-6, 0),
    ),
    edges=tuple(
        simple_mac(
            ShiftMac,
            "uQ2.2" if i % 2 else "sQ2.2",
            spec,
            weight=powers(-1 - i, i, signed=i != 3),
        )
        for i, spec in enumerate(SPECS)
    ),
    # The sign occupies two bits, because sums do not use the whole exact format. With
    # saturation to zero the sign selects no limit, so that no planted fault is hidden.
    planted=simple_mac(ShiftMac, "sQ2.2", PLANTED, weight=powers(-1, 1)),
    oracle=sums_of_shifted_codes,
)
