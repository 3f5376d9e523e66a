"""Catalogue entry of `bfloat16_multiplier`."""

from __future__ import annotations

import numpy as np

from fixedpoint import Bfloat16Multiplier, to_bfloat16

from ...entry import Entry, Expectation
from ...oracles.bfloat16_arithmetic import pattern_values, random_patterns

__all__ = ["ENTRY"]


def random_operands(p, cycles, lanes, rng):
    """Return numbers whose product is about 1, the least number or the largest."""
    shape = (cycles, lanes)
    a = random_patterns(rng, rng.integers(0, 256, shape))
    near = 127 + rng.choice([-127, 0, 127], shape) - (a >> 7 & 255)
    b = random_patterns(rng, near + rng.integers(-10, 10, shape, endpoint=True))
    return {"a": a, "b": b}


def rounded_product(p: Bfloat16Multiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    inputs = random_operands(p, cycles, lanes, rng)
    with np.errstate(invalid="ignore"):
        product = pattern_values(inputs["a"]) * pattern_values(inputs["b"])
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=to_bfloat16(product).astype(np.int64),
        tolerance=0,
        source="products of doubles, which are exact, rounded once",
    )


ENTRY = Entry(
    name="bfloat16_multiplier",
    default=Bfloat16Multiplier(),
    oracle=rounded_product,
    stimulus=random_operands,
)
