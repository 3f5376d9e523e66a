"""Catalogue entries of the generators."""

import math

import numpy as np

from stochastic import Counter, Halton, Lfsr, Rotated, Sobol, VanDerCorput, Xorshift32

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]


def ramp(p: Counter, cycles, lanes, rng) -> Expectation:
    """Every word in closed form."""
    count = (np.arange(cycles) + p.phase) % (1 << p.width)
    if p.direction == "down":
        count = (1 << p.width) - 1 - count
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"],
        expected=np.repeat(count[:, None], lanes, axis=1),
        tolerance=0,
        source="word t is t, or 2^n - 1 - t where the counter counts down",
    )


def shift_register(p: Lfsr | Rotated, cycles, lanes, rng) -> Expectation:
    """Visit every state once a period, 0 aside where the register leaves it out."""
    if p.period <= cycles:
        expected = np.full(1 << p.width, lanes)
        expected[: (1 << p.width) - p.period] = 0
        source = "a maximal sequence visits every state once a period"
        return Expectation(
            inputs={},
            measure=lambda outputs: np.bincount(
                outputs["word"][: p.period].ravel(), minlength=1 << p.width
            ),
            expected=expected,
            tolerance=0,
            source=source,
        )
    register = p.generator if isinstance(p, Rotated) else p
    source = "without its one 0, state t is the XOR of the states t - tap"

    def faults(outputs):
        count = 0
        for lane in outputs["word"].T:
            states = lane[lane != 0]
            parity = states[p.width :].copy()
            for tap in register.taps:
                parity ^= states[p.width - tap : len(states) - tap]
            count += np.count_nonzero(parity)
            count += len(lane) - len(states) > register.zero_state
        return count

    return Expectation(inputs={}, measure=faults, expected=0, tolerance=0, source=source)


def digital(p: VanDerCorput | Sobol, cycles, lanes, rng) -> Expectation:
    """Equidistribution of aligned windows: 2^m words have 2^m different top m bits."""
    top = min(p.width, (cycles // 2).bit_length() - 1)
    first = -p.phase % (1 << top)
    window = slice(first, first + (1 << top))
    return Expectation(
        inputs={},
        measure=lambda outputs: np.bincount(
            outputs["word"][window].ravel() >> (p.width - top), minlength=1 << top
        ),
        expected=np.full(1 << top, lanes),
        tolerance=0,
        source="(0, 1)-sequence in base 2 (Niederreiter 1992, chapter 4)",
    )


def radical_inverse(p: Halton, cycles, lanes, rng) -> Expectation:
    """Stratification of aligned windows: b^m points lie one in each b^-m."""
    points = 1
    while points * p.base <= min(cycles // 2, p.period):
        points *= p.base
    first = -p.phase % points
    window = slice(first, first + points)
    # Each point is in [0, b^-m) of its stratum's start, and a word is less than 2^-n below
    # its point.
    return Expectation(
        inputs={},
        measure=lambda outputs: np.sort(outputs["word"][window], axis=0) / (1 << p.width),
        expected=np.repeat((np.arange(points)[:, None] + 0.5) / points, lanes, axis=1),
        tolerance=0.5 / points + 2.0**-p.width,
        source="|x - (i + 1/2) / b^m| <= 1/2 b^-m, and 2^-n for the floor",
    )


def independent(p: Xorshift32, cycles, lanes, rng) -> Expectation:
    """Compare the mean with that of independent uniform words."""
    levels = 1 << p.width
    # A uniform word's variance is (1 - 4^-n)/12 of full scale squared; width 1 has 1/16.
    deviation = math.sqrt((1 - levels**-2) / 12 / cycles)
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"].mean() / levels,
        expected=(levels - 1) / (2 * levels),
        tolerance=5 * deviation,
        source="5 standard deviations, sqrt((1 - 4^-n) / (12 cycles)) each",
    )


def _registers():
    """Return every width in both forms, and all variants at the ends of the widths."""
    for width in range(3, 33):
        for form in ("fibonacci", "galois"):
            states = (1 << width) - 1
            plain = Lfsr(width=width, form=form, seed=states // 3, phase=states // 2)
            with_zero = plain.replace(zero_state=True, phase=states - 1)
            if width in (3, 32):
                yield from (plain, with_zero)
            else:
                yield with_zero if (form == "galois") == width % 2 else plain


ENTRIES = (
    Entry(
        name="lfsr",
        default=Lfsr(width=8),
        edges=tuple(_registers()),
        oracle=shift_register,
    ),
    Entry(
        name="counter",
        default=Counter(width=8),
        edges=(
            Counter(width=1),
            Counter(width=1, direction="down", phase=1),
            Counter(width=8, phase=200),
            Counter(width=32, phase=2**32 - 20),
            Counter(width=32, direction="down", phase=5),
        ),
        oracle=ramp,
    ),
    Entry(
        name="van_der_corput",
        default=VanDerCorput(width=8),
        edges=(
            VanDerCorput(width=1, phase=1),
            VanDerCorput(width=2, phase=3),
            VanDerCorput(width=16, phase=65000),
            VanDerCorput(width=32, phase=2**32 - 20),
        ),
        oracle=digital,
    ),
    Entry(
        name="sobol",
        default=Sobol(width=8),
        edges=tuple(
            Sobol(width=width, dimension=dimension, phase=(1 << width) - 1 - width // 2)
            for width in (1, 8, 24)
            for dimension in (0, 1, 2, 63, Sobol.DIMENSIONS - 1)
        ),
        oracle=digital,
    ),
    Entry(
        name="halton",
        default=Halton(width=8, base=3),
        edges=(
            *(
                Halton(width=width, base=base, phase=base**width // 3)
                for width in (1, 8, 12, 16)
                for base in (2, 3, 5, 6, 7)
            ),
            Halton(width=24, base=63, phase=63**5 - 20),
            Halton(width=24, base=64),
        ),
        oracle=radical_inverse,
    ),
    Entry(
        name="xorshift32",
        default=Xorshift32(width=32, seed=2463534242),
        edges=(
            Xorshift32(width=1, phase=1),
            Xorshift32(width=8, seed=2**32 - 1, phase=10**9),
            Xorshift32(width=32, phase=2**32 - 20),
        ),
        oracle=independent,
    ),
    Entry(
        name="rotated",
        default=Lfsr(width=8).rotated(3),
        edges=(
            Lfsr(width=3, zero_state=True).rotated(0),
            Lfsr(width=16, form="galois", phase=1000).rotated(15).replace(phase=70000),
            Lfsr(width=32, seed=2**32 - 1, phase=7).rotated(16),
        ),
        oracle=shift_register,
    ),
)
