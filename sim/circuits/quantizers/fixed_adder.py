"""Catalogue entry of `fixed_adder`."""

from __future__ import annotations

from fixedpoint import FixedAdder
from stochastic import Lfsr

from ...entry import Expectation
from ...oracles.float_reference import expect_rounded
from ...oracles.quantizers import quantizer_entry, random_operands

__all__ = ["ENTRY"]


def exact_sum(p: FixedAdder, cycles, lanes, rng) -> Expectation:
    """Expect every sum in closed form."""
    inputs, a, b = random_operands(p, cycles, lanes, rng)
    return expect_rounded(p, inputs, a + b)


ENTRY = quantizer_entry(
    "fixed_adder",
    FixedAdder,
    exact_sum,
    default=("sQ4.12 sQ4.12 sQ4.12", "truncate", "saturate"),
    edges=(
        ("uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
        ("sQ1.0 uQ1.0 sQ1.0", "jam", "error"),
        ("sQ4.4 uQ2.6 sQ3.3", "nearest_even", "saturate_symmetric"),
        ("uQ4.4 uQ-1.6 sQ4.2", "nearest_odd", "error"),
        ("sQ8.0 sQ-2.10 uQ7.1", "nearest_zero", "saturate"),
        ("sQ8.0 sQ0.6 sQ9.9", "ceil", "wrap"),
        ("sQ31.32 sQ31.32 sQ31.1", "nearest_away", "saturate_zero"),
        ("uQ31.31 uQ31.31 uQ31.0", "nearest_down", "saturate"),
        ("sQ4.4 sQ2.6 sQ4.0", "stochastic", "saturate", Lfsr(width=6)),
    ),
    # The sign occupies two bits, because a sum cannot reach the last carry of the rounding.
    # With saturation to zero the sign selects no limit, so that no planted fault is hidden.
    planted=("sQ3.2 sQ2.4 sQ3.1", "nearest_even", "saturate_zero"),
)
