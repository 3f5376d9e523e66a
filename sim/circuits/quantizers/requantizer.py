"""Catalogue entry of `requantizer`."""

from __future__ import annotations

import numpy as np

from fixedpoint import Requantizer
from stochastic import Counter, Lfsr, Xorshift32

from ...entry import Expectation
from ...oracles.float_reference import expect_rounded, random_codes
from ...oracles.quantizers import every_rounding, quantizer_entry

__all__ = ["ENTRY"]


def rounded_codes(p: Requantizer, cycles, lanes, rng) -> Expectation:
    """Expect every result in closed form."""
    source = random_codes(rng, p.source, (cycles, lanes))
    return expect_rounded(p, {"source": source}, source * 2.0**-p.source.frac_bits)


def ends_and_ties(p):
    """Return codes at both ends of the target and half a step from them, and next to these."""
    port, target = p.inputs[0], p.outputs[0].range
    step = 1 << max(p.source.frac_bits - p.target.frac_bits, 0)
    codes = [
        end * step + tie + near
        for end in (*target, -1, 0)
        for tie in (-step, -(step // 2), 0, step // 2, step)
        for near in (-1, 0, 1)
    ]
    low, high = port.range
    return {"source": np.array([[min(max(code, low), high)] for code in codes], np.int64)}


ENTRY = quantizer_entry(
    "requantizer",
    Requantizer,
    rounded_codes,
    directed=ends_and_ties,
    default=("sQ4.12 sQ4.4", "nearest_even", "saturate"),
    edges=(
        *every_rounding(("sQ5.3", "uQ5.3", "sQ5.3"), ("sQ3.1", "sQ3.1", "uQ3.1", "sQ3.1")),
        ("sQ1.0 uQ1.0", "truncate", "wrap"),
        ("uQ1.0 sQ1.0", "truncate", "wrap"),
        ("sQ3.2 sQ1.0", "nearest_zero", "saturate_zero"),
        ("sQ3.2 sQ2.0", "nearest_zero", "saturate_symmetric"),
        ("sQ4.0 sQ7.4", "jam", "wrap"),
        ("sQ4.0 sQ4.4", "nearest_even", "error"),
        ("sQ4.4 sQ12.-10", "truncate", "error"),
        ("sQ4.4 sQ12.-10", "away", "saturate"),
        ("sQ2.62 sQ2.0", "nearest_odd", "saturate_zero"),
        ("sQ64.0 sQ32.0", "truncate", "saturate_symmetric"),
        ("sQ60.4 sQ64.0", "nearest_down", "saturate"),
        ("uQ63.0 sQ60.-10", "ceil", "wrap"),
        ("sQ4.4 sQ4.0", "stochastic", "saturate", Xorshift32(width=32)),
        ("sQ2.8 uQ2.0", "stochastic", "saturate", Counter(width=1)),
        ("sQ4.0 sQ3.1", "stochastic", "saturate", Lfsr(width=3, zero_state=True)),
    ),
    planted=("sQ5.3 sQ3.1", "nearest_even", "saturate_symmetric"),
)
