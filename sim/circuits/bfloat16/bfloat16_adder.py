"""Catalogue entry of `bfloat16_adder`."""

from __future__ import annotations

import numpy as np

from fixedpoint import Bfloat16Adder, to_bfloat16
from stochastic import Counter, Lfsr

from ...entry import Entry, Expectation
from ...oracles.bfloat16_arithmetic import (
    NEAREST,
    STOCHASTIC,
    pattern_values,
    random_patterns,
    round_with_words,
)

__all__ = ["ENTRY"]


def random_operands(p, cycles, lanes, rng):
    """Return numbers near each other, opposite ones and any others.

    Exponents near 0 are frequent: there a difference may be subnormal.
    """
    shape = (cycles, lanes)
    ends = rng.choice([2, 127, 250, *range(1, 20, 2)], shape)
    middle = np.where(rng.random(shape) < 0.5, ends, rng.integers(0, 256, shape))
    a = random_patterns(rng, middle)
    near = (a >> 7 & 255) + rng.integers(-12, 12, shape, endpoint=True)
    b = random_patterns(
        rng, np.where(rng.random(shape) < 0.1, rng.integers(0, 256, shape), near)
    )
    opposite = a ^ 0x8000 ^ rng.integers(0, 2, shape) << rng.integers(0, 4, shape)
    return {"a": a, "b": np.where(rng.random(shape) < 0.3, opposite, b)}


def rounded_sum(p: Bfloat16Adder, cycles, lanes, rng) -> Expectation:
    """Expect every sum in closed form."""
    inputs = random_operands(p, cycles, lanes, rng)
    if p.rounding is STOCHASTIC:
        # So near each other that doubles hold the sums, and none is infinite.
        inputs["a"] = random_patterns(rng, rng.integers(100, 130, (cycles, lanes)), 0)
        inputs["b"] = random_patterns(rng, rng.integers(100, 130, (cycles, lanes)), 0)
    with np.errstate(invalid="ignore"):
        total = pattern_values(inputs["a"]) + pattern_values(inputs["b"])
    if p.generator is not None:
        words = p.generator.words(cycles)[:, None] / 2.0**p.generator.width
        total = round_with_words(total, words)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=to_bfloat16(total).astype(np.int64),
        tolerance=0,
        source=(
            "sums of doubles, exact or of 53 bits, rounded to 8: as if rounded once, since "
            "53 >= 2 * 8 + 2"
        ),
    )


ENTRY = Entry(
    name="bfloat16_adder",
    default=Bfloat16Adder(rounding=NEAREST),
    edges=(
        Bfloat16Adder(rounding=STOCHASTIC, generator=Counter(width=1)),
        Bfloat16Adder(rounding=STOCHASTIC, generator=Lfsr(width=5)),
        Bfloat16Adder(rounding=STOCHASTIC, generator=Lfsr(width=16)),
    ),
    # Here every planted fault shows within a thousand sums; at the default only rare ones do.
    planted=Bfloat16Adder(rounding=STOCHASTIC, generator=Counter(width=1)),
    oracle=rounded_sum,
    stimulus=random_operands,
)
