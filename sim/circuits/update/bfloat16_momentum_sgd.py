"""Catalogue entry of `bfloat16_momentum_sgd`."""

from __future__ import annotations

import numpy as np

from fixedpoint import Bfloat16MomentumSgdLanes, to_bfloat16
from stochastic import Lfsr, Sobol

from ...entry import Entry, Expectation
from ...oracles.bfloat16_arithmetic import (
    NEAREST,
    STOCHASTIC,
    pattern_values,
    random_patterns,
    round_with_words,
)
from ...oracles.float_reference import rotated_words

__all__ = ["ENTRY"]


def random_updates(p, cycles, lanes, rng):
    """Return numbers whose sums and products are rounded, and some arbitrary numbers."""
    shape = (cycles, lanes * p.lanes)

    def about(exponent, shape, spread=0.02):
        return random_patterns(
            rng, exponent + rng.integers(-6, 6, shape, endpoint=True), spread
        )

    # Some periods have numbers near the smallest ones, and some near the largest.
    periods = rng.choice([127, 127, 3, 245], -(-cycles // 64))
    center = np.repeat(periods, 64)[:cycles, None]
    return {
        "load": (rng.random((cycles, lanes)) < 0.3).astype(np.int64),
        "rate": about(124, (cycles, lanes)),
        "gradient": about(center, shape),
        "momentum_in": about(center, shape),
        "weight_in": about(center, shape),
    }


def neighbours(p: Bfloat16MomentumSgdLanes):
    """Return gradients one unit from the momentum, or beside a momentum of 0, from reset.

    Their exponents are small, so that the difference and the change are subnormal or nearly so.
    """
    exponents = np.arange(min(p.decay_shift + 24, 254))[:, None]
    numbers = (exponents << 7 | np.array([0, 1, 42, 126])).ravel()
    zero = np.zeros_like(numbers)
    momentum = np.stack([numbers, numbers + 1, zero]).ravel()
    gradient = np.stack([numbers + 1, numbers, numbers]).ravel()
    values = {
        "load": np.ones_like(momentum),
        "rate": np.full_like(momentum, 127 << 7),
        "gradient": gradient,
        "momentum_in": momentum,
        "weight_in": np.zeros_like(momentum),
    }
    return {
        port.name: np.tile(values[port.name][:, None], (1, port.count)) for port in p.inputs
    }


def rounded_momentum_sgd(p: Bfloat16MomentumSgdLanes, cycles, lanes, rng) -> Expectation:
    """Expect every momentum and weight of successive updates with random loads."""
    n = p.lanes
    inputs = random_updates(p, cycles, lanes, rng)
    if p.rounding is STOCHASTIC:
        # Momenta and weights stay near 1, so that doubles hold the sums exactly.
        for name in ("gradient", "momentum_in"):
            inputs[name] = inputs[name] & 0x00FF | 0x3F00
        inputs["weight_in"] = inputs["weight_in"] & 0x80FF | 0x4000
        inputs["rate"] = inputs["rate"] & 0x00FF | 0x3C00
    load = np.repeat(inputs["load"], n, axis=1) == 1
    rate = pattern_values(np.repeat(inputs["rate"], n, axis=1))
    gradient, momentum_in, weight_in = (
        pattern_values(inputs[name]) for name in ("gradient", "momentum_in", "weight_in")
    )
    words = np.zeros((cycles, lanes * n))
    if p.weight_generator is not None:
        words = np.tile(rotated_words(p.weight_generator, cycles, n), (1, lanes))

    def nearest(values):
        return pattern_values(to_bfloat16(values))

    c, w = np.zeros((2, lanes * n))
    expected = np.empty((2, cycles, lanes * n), np.int64)
    with np.errstate(invalid="ignore"):
        for t in range(cycles):
            expected[:, t] = to_bfloat16(c), to_bfloat16(w)
            c, w = np.where(load[t], momentum_in[t], c), np.where(load[t], weight_in[t], w)
            change = nearest(nearest(gradient[t] - c) * 2.0**-p.decay_shift)
            c = nearest(c + change)
            stepped = w - nearest(rate[t] * c)
            random = p.rounding is STOCHASTIC
            w = round_with_words(stepped, words[t]) if random else nearest(stepped)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([outputs["momentum"], outputs["weight"]]),
        expected=expected,
        tolerance=0,
        source="the five operations in doubles, each rounded to bfloat16 by the definition",
    )


ENTRY = Entry(
    name="bfloat16_momentum_sgd",
    default=Bfloat16MomentumSgdLanes(
        lanes=4,
        decay_shift=4,
        rounding=STOCHASTIC,
        weight_generator=Lfsr(width=8),
    ),
    edges=(
        Bfloat16MomentumSgdLanes(lanes=1, decay_shift=0, rounding=NEAREST),
        Bfloat16MomentumSgdLanes(lanes=2, decay_shift=16, rounding=NEAREST),
        Bfloat16MomentumSgdLanes(
            lanes=3,
            decay_shift=1,
            rounding=STOCHASTIC,
            weight_generator=Sobol(width=16, dimension=1),
        ),
    ),
    # Not a shift by 2 places: there the normal and the subnormal result are equal at exponent
    # 1, so that a limit that is wrong by one is no fault.
    planted=Bfloat16MomentumSgdLanes(lanes=1, decay_shift=3, rounding=NEAREST),
    oracle=rounded_momentum_sgd,
    stimulus=random_updates,
    directed=neighbours,
)
