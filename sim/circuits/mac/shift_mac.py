"""Catalogue entry of `shift_mac`."""

from __future__ import annotations

from fixedpoint import ShiftMac

from ...entry import Entry, Expectation
from ...oracles.accumulators import accumulated, accumulator, summands
from ...oracles.power_of_two_weights import PLANTED, SPECS, powers, random_weights, simple_mac

__all__ = ["ENTRY"]


def shift_accumulated(p: ShiftMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of shifted codes."""
    weights, value = random_weights(p, cycles, lanes, rng)
    return accumulated(p, {**weights, **summands(p, cycles, lanes, rng)}, value)


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
    # A sum does not use all the bits that are there for it, so the sign shows in two:
    # no end is chosen by it here.
    planted=simple_mac(ShiftMac, "sQ2.2", PLANTED, weight=powers(-1, 1)),
    oracle=shift_accumulated,
)
