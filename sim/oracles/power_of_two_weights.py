"""Products with power-of-two, binary and ternary weights."""

from __future__ import annotations

import numpy as np

from fixedpoint import LogFormat, ShiftMultiplier
from stochastic import Lfsr

from ..entry import Expectation
from .accumulators import accumulator
from .float_reference import expect_rounded, random_codes


def powers(least: int, most: int, signed: bool = True) -> LogFormat:
    """Return the format of the powers of two between two exponents."""
    return LogFormat(signed=signed, minimum_exponent=least, maximum_exponent=most)


def random_weights(p, cycles, lanes, rng):
    """Return random weights as input ports and as values."""
    shape = (cycles, lanes)
    exponent = rng.integers(0, p.weight.exponents, shape, endpoint=True)
    sign = rng.integers(0, 2, shape) if p.weight.signed else np.zeros(shape, np.int64)
    value = (exponent > 0) * 2.0 ** (p.weight.minimum_exponent + exponent - 1)
    inputs = {"sign": sign, "exponent": exponent} if p.weight.signed else {"exponent": exponent}
    return inputs, np.where(sign, -value, value)


def exact_product(p: ShiftMultiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    weights, value = random_weights(p, cycles, lanes, rng)
    a = random_codes(rng, p.a, (cycles, lanes), bits=12)
    return expect_rounded(p, {"a": a, **weights}, a * 2.0**-p.a.frac_bits * value)


def simple_mac(kind, a, spec, **fields):
    """Return a multiply-accumulate unit, with a generator if it rounds with STOCHASTIC."""
    generator = Lfsr(width=4) if spec.random else None
    return kind(a=a, accumulator=spec, generator=generator, **fields)


# Accumulators with all overflow modes and the extremes of rounding.
SPECS = (
    accumulator("sQ4.2", "truncate", "saturate"),
    accumulator("uQ4.2", "nearest_even", "wrap"),
    accumulator("sQ3.1", "jam", "error", "nearest_away"),
    accumulator("sQ4.1", "stochastic", "saturate_symmetric"),
    accumulator("sQ6.0", "truncate", "saturate_zero", "stochastic"),
    accumulator("sQ20.20", "ceil", "error"),
)


PLANTED = accumulator("sQ4.1", "nearest_even", "saturate_zero")
