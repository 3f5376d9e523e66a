"""Catalogue entry of `mac`."""

from __future__ import annotations

from fixedpoint import Mac, Overflow, Rounding
from stochastic import Lfsr

from ...entry import Entry, Expectation
from ...oracles.accumulators import accumulated, accumulator, summands
from ...oracles.float_reference import codes

__all__ = ["ENTRY"]


def multiplied(p: Mac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of products of two codes."""
    inputs = summands(p, cycles, lanes, rng)
    inputs["b"] = codes(rng, p.b, (cycles, lanes), bits=12)
    return accumulated(p, inputs, inputs["b"] * 2.0**-p.b.frac_bits)


def _mac(formats, rounding, overflow, early=None, bits=3):
    """Return a unit from names, with a generator of so many bits if it rounds at random."""
    a, b, total = formats.split()
    spec = accumulator(total, rounding, overflow, early)
    return Mac(a=a, b=b, accumulator=spec, generator=Lfsr(width=bits) if spec.random else None)


def every_rounding():
    """Return units with every rounding of sums and of products."""
    overflows, roundings = list(Overflow), [None, *Rounding]
    for i, rounding in enumerate(Rounding):
        a, total = "uQ2.2" if i % 3 == 1 else "sQ2.2", "uQ4.2" if i % 4 == 3 else "sQ4.2"
        early = roundings[i * 5 % 13] if i % 2 else None
        yield _mac(f"{a} sQ2.3 {total}", rounding, overflows[i % 5], early, bits=4)


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
    # Sums do not use all the bits that are there for them, so the sign shows in two:
    # no end is chosen by it here.
    planted=_mac("sQ2.2 sQ3.1 sQ4.1", "nearest_even", "saturate_zero"),
    oracle=multiplied,
)
