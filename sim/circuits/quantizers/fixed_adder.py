"""Catalogue entry of `fixed_adder`."""

from __future__ import annotations

import numpy as np

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


def ends_of_the_target(p):
    """Return operands whose sum is at an end of the target, or half a step from it."""
    fraction = max(p.a.frac_bits, p.b.frac_bits, p.target.frac_bits)
    coarse, fine = sorted("ab", key=lambda name: getattr(p, name).frac_bits)
    ports = {port.name: port for port in p.inputs}
    step = 1 << fraction - p.target.frac_bits
    codes = {"a": [], "b": []}

    def add(name, total):
        """Add the operand nearest to a total, and return what is left of the total."""
        unit = 1 << fraction - getattr(p, name).frac_bits
        low, high = ports[name].range
        codes[name].append([min(max(total // unit, low), high)])
        return total - codes[name][-1][0] * unit

    for end in p.outputs[0].range:
        for tie in (-step, -step // 2, 0, step // 2, step):
            for near in (-1, 0, 1):
                total = end * step + tie + near
                add(fine, total - (total // 2 - add(coarse, total // 2)))
    return {name: np.array(values, np.int64) for name, values in codes.items()}


ENTRY = quantizer_entry(
    "fixed_adder",
    FixedAdder,
    exact_sum,
    directed=ends_of_the_target,
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
