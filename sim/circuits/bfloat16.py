"""Catalogue entries of the circuits that calculate in bfloat16."""

import numpy as np

from fixedpoint import (
    Bfloat16Adder,
    Bfloat16MomentumSgd,
    Bfloat16Multiplier,
    Rounding,
    from_bfloat16,
    to_bfloat16,
)
from stochastic import Counter, Lfsr, Sobol

from ..entry import Entry, Expectation
from .doubles import rotations

__all__ = ["ENTRIES"]

NEAREST, STOCHASTIC = Rounding.NEAREST_EVEN, Rounding.STOCHASTIC


def patterns(rng, exponents, spread=0.05):
    """Return patterns of some exponents, brought into range, with special ones among them."""
    shape = exponents.shape
    special = rng.choice([0, 1, 254, 255], shape)
    exponents = np.where(rng.random(shape) < spread, special, np.clip(exponents, 0, 255))
    # Fractions of few bits give ties.
    kept = rng.integers(0, 8, shape)
    fraction = rng.integers(0, 128, shape) >> kept << kept
    return rng.integers(0, 2, shape) << 15 | exponents << 7 | fraction


def summands(p, cycles, lanes, rng):
    """Return numbers near each other, opposite ones and any others."""
    shape = (cycles, lanes)
    ends = rng.choice([2, 127, 250], shape)
    middle = np.where(rng.random(shape) < 0.5, ends, rng.integers(0, 256, shape))
    a = patterns(rng, middle)
    near = (a >> 7 & 255) + rng.integers(-12, 12, shape, endpoint=True)
    b = patterns(rng, np.where(rng.random(shape) < 0.1, rng.integers(0, 256, shape), near))
    opposite = a ^ 0x8000 ^ rng.integers(0, 2, shape)
    return {"a": a, "b": np.where(rng.random(shape) < 0.1, opposite, b)}


def factors(p, cycles, lanes, rng):
    """Return numbers whose product is about 1, the least number or the largest."""
    shape = (cycles, lanes)
    a = patterns(rng, rng.integers(0, 256, shape))
    near = 127 + rng.choice([-127, 0, 127], shape) - (a >> 7 & 255)
    b = patterns(rng, near + rng.integers(-10, 10, shape, endpoint=True))
    return {"a": a, "b": b}


def updates(p, cycles, lanes, rng):
    """Return numbers of which every operation loses some bits, and now and then any."""
    shape = (cycles, lanes * p.lanes)

    def about(exponent, shape, spread=0.02):
        return patterns(rng, exponent + rng.integers(-6, 6, shape, endpoint=True), spread)

    # Some stretches near the least numbers, and some near the largest.
    stretches = rng.choice([127, 127, 3, 245], -(-cycles // 64))
    center = np.repeat(stretches, 64)[:cycles, None]
    return {
        "load": (rng.random((cycles, lanes)) < 0.3).astype(np.int64),
        "rate": about(124, (cycles, lanes)),
        "gradient": about(center, shape),
        "momentum_in": about(center, shape),
        "weight_in": about(center, shape),
    }


def stochastic(values, words):
    """Return doubles rounded to bfloat16 by words from 0 to below 1, by the definition."""
    _, exponent = np.frexp(values)
    place = np.maximum(exponent - 8, -133)
    size = np.floor(np.ldexp(np.abs(values), -place) + words)
    return np.copysign(np.ldexp(size, place), values)


def doubles(values):
    """Return patterns' numbers in double precision."""
    with np.errstate(invalid="ignore"):
        return from_bfloat16(values).astype(np.float64)


def added(p: Bfloat16Adder, cycles, lanes, rng) -> Expectation:
    """Expect every sum in closed form."""
    inputs = summands(p, cycles, lanes, rng)
    if p.rounding is STOCHASTIC:
        # So near each other that doubles hold the sums, and none is infinite.
        inputs["a"] = patterns(rng, rng.integers(100, 130, (cycles, lanes)), 0)
        inputs["b"] = patterns(rng, rng.integers(100, 130, (cycles, lanes)), 0)
    with np.errstate(invalid="ignore"):
        total = doubles(inputs["a"]) + doubles(inputs["b"])
    if p.generator is not None:
        words = p.generator.words(cycles)[:, None] / 2.0**p.generator.width
        total = stochastic(total, words)
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


def multiplied(p: Bfloat16Multiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    inputs = factors(p, cycles, lanes, rng)
    with np.errstate(invalid="ignore"):
        product = doubles(inputs["a"]) * doubles(inputs["b"])
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=to_bfloat16(product).astype(np.int64),
        tolerance=0,
        source="products of doubles, which are exact, rounded once",
    )


def descended(p: Bfloat16MomentumSgd, cycles, lanes, rng) -> Expectation:
    """Expect every momentum and weight: one update after the other, now and then loaded."""
    n = p.lanes
    inputs = updates(p, cycles, lanes, rng)
    if p.rounding is STOCHASTIC:
        # Momenta stay near 1 and so do weights, so that doubles hold the sums.
        for name in ("gradient", "momentum_in"):
            inputs[name] = inputs[name] & 0x00FF | 0x3F00
        inputs["weight_in"] = inputs["weight_in"] & 0x80FF | 0x4000
        inputs["rate"] = inputs["rate"] & 0x00FF | 0x3C00
    load = np.repeat(inputs["load"], n, axis=1) == 1
    rate = doubles(np.repeat(inputs["rate"], n, axis=1))
    gradient, momentum_in, weight_in = (
        doubles(inputs[name]) for name in ("gradient", "momentum_in", "weight_in")
    )
    words = np.zeros((cycles, lanes * n))
    if p.weight_generator is not None:
        words = np.tile(rotations(p.weight_generator, cycles, n), (1, lanes))

    def nearest(values):
        return doubles(to_bfloat16(values))

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
            w = stochastic(stepped, words[t]) if random else nearest(stepped)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([outputs["momentum"], outputs["weight"]]),
        expected=expected,
        tolerance=0,
        source="the five operations in doubles, each rounded to bfloat16 by the definition",
    )


ENTRIES = (
    Entry(
        name="bfloat16_adder",
        default=Bfloat16Adder(rounding=NEAREST),
        edges=(
            Bfloat16Adder(rounding=STOCHASTIC, generator=Counter(width=1)),
            Bfloat16Adder(rounding=STOCHASTIC, generator=Lfsr(width=5)),
            Bfloat16Adder(rounding=STOCHASTIC, generator=Lfsr(width=16)),
        ),
        oracle=added,
        stimulus=summands,
    ),
    Entry(
        name="bfloat16_multiplier",
        default=Bfloat16Multiplier(),
        oracle=multiplied,
        stimulus=factors,
    ),
    Entry(
        name="bfloat16_momentum_sgd",
        default=Bfloat16MomentumSgd(
            lanes=4,
            decay_shift=4,
            rounding=STOCHASTIC,
            weight_generator=Lfsr(width=8),
        ),
        edges=(
            Bfloat16MomentumSgd(lanes=1, decay_shift=0, rounding=NEAREST),
            Bfloat16MomentumSgd(lanes=2, decay_shift=16, rounding=NEAREST),
            Bfloat16MomentumSgd(
                lanes=3,
                decay_shift=1,
                rounding=STOCHASTIC,
                weight_generator=Sobol(width=16, dimension=1),
            ),
        ),
        # By 2 places a number may be shifted to exponent 1 as a subnormal one too: there the
        # two ways meet, and a limit further by one is no fault.
        planted=Bfloat16MomentumSgd(lanes=1, decay_shift=3, rounding=NEAREST),
        oracle=descended,
        stimulus=updates,
    ),
)
