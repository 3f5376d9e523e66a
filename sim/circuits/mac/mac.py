"""Catalogue entry of `mac`."""

from __future__ import annotations

from fixedpoint import Mac, Overflow, Rounding
from stochastic import Lfsr

from ...entry import Entry, Expectation
from ...oracles.accumulators import accumulator, expect_sums, random_terms
from ...oracles.float_reference import random_codes

__all__ = ["ENTRY"]


def sums_of_products(p: Mac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of products of two codes."""
    inputs = random_terms(p, cycles, lanes, rng)
    inputs["b"] = random_codes(rng, p.b, (cycles, lanes), bits=12)
    return expect_sums(p, inputs, inputs["b"] * 2.0**-p.b.frac_bits)


def _mac(formats, rounding, overflow, product_rounding=None, bits=3):
    """Return a unit from names, with a generator of `bits` bits if it needs words."""
    a, b, total = formats.split()
    spec = accumulator(total, rounding, overflow, product_rounding)
    return Mac(a=a, b=b, accumulator=spec, generator=Lfsr(width=bits) if spec.random else None)


def every_rounding():
    """Yield units with every rounding of sums and of products."""
    overflows, roundings = list(Overflow), [None, *Rounding]
    for i, rounding in enumerate(Rounding):
        a, total = "uQ2.2" if i % 3 == 1 else "sQ2.2", "uQ4.2" if i % 4 == 3 else "sQ4.2"
        product_rounding = roundings[i * 5 % 13] if i % 2 else None
        yield _mac(f"{a} sQ2.3 {total}", rounding, overflows[i % 5], product_rounding, bits=4)


ENTRY = Entry(
    name="mac",
    default=_mac("sQ4.12 sQ4.12 sQ8.12", "nearest_up", "saturate"),
    edges=(
        *every_rounding(),
        _mac("uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
        _mac("sQ1.0 sQ1.0 sQ2.0", "jam", "error"),
        _mac("sQ4.0 sQ4.0 sQ9.3", "ceil", "saturate", "jam"),
        _mac("sQ4.4 sQ4.4 sQ12.-6", "away", "saturate", "away"),
        _mac("sQ1.3 sQ1.3 sQ6.-2", "truncate", "wrap", "ceil"),
        _mac("sQ15.16 sQ15.16 sQ31.30", "truncate", "saturate"),
        _mac("uQ15.16 uQ15.16 uQ30.32", "truncate", "saturate_zero"),
        _mac("sQ4.4 uQ4.4 sQ55.3", "nearest_even", "saturate"),
        _mac("sQ2.2 sQ2.2 sQ3.1", "truncate", "saturate", "stochastic"),
    ),
    # The sign occupies two bits, because sums do not use the whole exact format. With
    # saturation to zero the sign selects no limit, so that no planted fault is hidden.
    planted=_mac("sQ2.2 sQ3.1 sQ4.1", "nearest_even", "saturate_zero"),
    oracle=sums_of_products,
)
