"""Catalogue entry of `fixed_multiplier`."""

from __future__ import annotations

from fixedpoint import FixedMultiplier
from stochastic import Lfsr

from ...entry import Expectation
from ...oracles.float_reference import expect_rounded
from ...oracles.quantizers import quantizer_entry, random_operands

__all__ = ["ENTRY"]


def exact_product(p: FixedMultiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    inputs, a, b = random_operands(p, cycles, lanes, rng)
    return expect_rounded(p, inputs, a * b)


ENTRY = quantizer_entry(
    "fixed_multiplier",
    FixedMultiplier,
    exact_product,
    default=("sQ4.12 sQ4.12 sQ4.12", "nearest_up", "saturate"),
    edges=(
        ("uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
        ("sQ1.0 sQ1.0 sQ1.0", "ceil", "error"),
        ("sQ4.4 uQ2.6 sQ3.3", "nearest_even", "saturate_symmetric"),
        ("uQ4.4 uQ-1.6 uQ2.3", "nearest_odd", "error"),
        ("sQ4.0 sQ-2.8 uQ2.1", "nearest_zero", "saturate"),
        ("sQ4.0 sQ0.4 sQ9.7", "ceil", "wrap"),
        ("sQ16.16 sQ16.16 sQ16.16", "nearest_away", "saturate_zero"),
        ("uQ31.0 uQ0.32 uQ31.0", "nearest_down", "saturate"),
        ("sQ4.4 sQ2.6 sQ4.0", "stochastic", "saturate", Lfsr(width=12)),
    ),
    planted=("sQ2.3 sQ3.1 sQ3.1", "nearest_even", "saturate_zero"),
)
