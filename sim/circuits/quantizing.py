"""Catalogue entries of the fixed-point circuits that round one exact value."""

from itertools import cycle

import numpy as np

from fixedpoint import (
    FixedAdder,
    FixedMultiplier,
    FloatToFixed,
    Overflow,
    Requantizer,
    Rounding,
)
from stochastic import Counter, Lfsr, Xorshift32

from ..entry import Entry, Expectation
from .doubles import codes, inside, quantised, rounded

__all__ = ["ENTRIES"]


def requantised(p: Requantizer, cycles, lanes, rng) -> Expectation:
    """Expect every result in closed form."""
    source = codes(rng, p.source, (cycles, lanes))
    return quantised(p, {"source": source}, source * 2.0**-p.source.frac_bits)


def _operands(p, cycles, lanes, rng):
    inputs = {n: codes(rng, getattr(p, n), (cycles, lanes), bits=12) for n in ("a", "b")}
    return inputs, *(inputs[n] * 2.0 ** -getattr(p, n).frac_bits for n in ("a", "b"))


def added(p: FixedAdder, cycles, lanes, rng) -> Expectation:
    """Expect every sum in closed form."""
    inputs, a, b = _operands(p, cycles, lanes, rng)
    return quantised(p, inputs, a + b)


def multiplied(p: FixedMultiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    inputs, a, b = _operands(p, cycles, lanes, rng)
    return quantised(p, inputs, a * b)


def singles(p: FloatToFixed, cycles, lanes, rng):
    """Return floats around the target's range, its halves among them, and special ones."""
    shape = (cycles, lanes)
    around = 127 + rng.integers(-p.target.frac_bits - 4, p.target.int_bits + 4, shape)
    exponent = np.where(rng.random(shape) < 0.1, rng.integers(0, 256, shape), around)
    exponent = np.clip(exponent, 0, 255)
    exponent = np.where(rng.random(shape) < 0.1, rng.choice([0, 1, 254, 255], shape), exponent)
    # Fractions of few bits give ties.
    kept = rng.integers(0, 24, shape)
    fraction = rng.integers(0, 1 << 23, shape) >> kept << kept
    return {"value": rng.integers(0, 2, shape) << 31 | exponent << 23 | fraction}


def converted(p: FloatToFixed, cycles, lanes, rng) -> Expectation:
    """Expect every code in closed form, and the flags."""
    inputs = singles(p, cycles, lanes, rng)
    with np.errstate(invalid="ignore"):
        floats = inputs["value"].astype(np.uint32).view(np.float32).astype(np.float64)
    # From 2^53 on doubles have no ones, which JAM sets.
    small = np.abs(floats) < 2.0 ** (50 - p.target.frac_bits)
    inputs["value"] = np.where(small | ~np.isfinite(floats), inputs["value"], 0)
    floats = np.where(small | ~np.isfinite(floats), floats, 0)
    finite = np.where(np.isfinite(floats), floats, 0)
    number = rounded(finite * 2.0**p.target.frac_bits, p.rounding, p.generator)
    code = np.where(np.isfinite(floats), inside(number, p.target, p.overflow), 0)
    return Expectation(
        inputs=inputs,
        measure=lambda o: np.stack([o["result"], o["nan"], o["infinite"]]),
        expected=np.stack([code, np.isnan(floats), np.isinf(floats)]),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold all singles exactly",
    )


FORMATS = {
    Requantizer: ("source", "target"),
    FixedAdder: ("a", "b", "target"),
    FixedMultiplier: ("a", "b", "target"),
    FloatToFixed: ("target",),
}


def _circuit(kind, formats, rounding, overflow, generator=None):
    """Return a circuit from the names of its formats and modes."""
    return kind(
        **dict(zip(FORMATS[kind], formats.split(), strict=True)),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        generator=generator,
    )


def _entry(name, kind, oracle, default, edges, planted, **further):
    """Return the entry of such circuits."""
    return Entry(
        name=name,
        default=_circuit(kind, *default),
        edges=tuple(_circuit(kind, *edge) for edge in edges),
        planted=_circuit(kind, *planted),
        oracle=oracle,
        **further,
    )


def _every_rounding(*formats):
    """Return every rounding, while overflow modes and formats take turns."""
    turns = zip(Rounding, cycle(Overflow), *map(cycle, formats), strict=False)
    for rounding, overflow, *names in turns:
        generator = Lfsr(width=5) if rounding is Rounding.STOCHASTIC else None
        yield " ".join(names), rounding, overflow, generator


ENTRIES = (
    _entry(
        "requantizer",
        Requantizer,
        requantised,
        default=("sQ4.12 sQ4.4", "nearest_even", "saturate"),
        edges=(
            *_every_rounding(("sQ5.3", "uQ5.3", "sQ5.3"), ("sQ3.1", "sQ3.1", "uQ3.1", "sQ3.1")),
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
    ),
    _entry(
        "fixed_adder",
        FixedAdder,
        added,
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
        # A sum cannot reach the last carry of the rounding, so the sign shows in two bits:
        # no end is chosen by it here.
        planted=("sQ3.2 sQ2.4 sQ3.1", "nearest_even", "saturate_zero"),
    ),
    _entry(
        "fixed_multiplier",
        FixedMultiplier,
        multiplied,
        default=("sQ4.12 sQ4.12 sQ4.12", "nearest_up", "saturate"),
        edges=(
            ("uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
            ("sQ1.0 sQ1.0 sQ1.0", "ceil", "error"),
            ("sQ4.4 uQ2.6 sQ3.3", "nearest_even", "saturate_symmetric"),
            ("uQ4.4 uQ-1.6 uQ2.3", "nearest_odd", "error"),
            ("sQ4.0 sQ-2.8 uQ2.1", "nearest_zero", "saturate"),
            ("sQ4.0 sQ0.4 sQ9.7", "ceil", "wrap"),
            ("sQ16.16 sQ16.16 sQ16.16", "nearest_away", "saturate_zero"),
            ("uQ31.0 uQ0.32 uQ31.0", "nearest_down", "saturate"),
            ("sQ4.4 sQ2.6 sQ4.0", "stochastic", "saturate", Lfsr(width=12)),
        ),
        planted=("sQ2.3 sQ3.1 sQ3.1", "nearest_even", "saturate_zero"),
    ),
    _entry(
        "float_to_fixed",
        FloatToFixed,
        converted,
        default=("sQ4.12", "nearest_even", "saturate"),
        edges=(
            *_every_rounding(("sQ4.4", "uQ4.4", "sQ4.4")),
            ("uQ1.0", "truncate", "wrap"),
            ("sQ1.0", "nearest_down", "error"),
            ("sQ16.16", "nearest_even", "saturate"),
            ("uQ32.0", "nearest_up", "error"),
            ("sQ-100.120", "nearest_away", "saturate_symmetric"),
            ("sQ-140.160", "truncate", "wrap"),
            ("sQ110.-100", "nearest_zero", "saturate_zero"),
            ("sQ300.-290", "ceil", "wrap"),
            ("sQ2.1", "stochastic", "saturate", Xorshift32(width=32)),
        ),
        planted=("sQ3.2", "nearest_even", "error"),
        stimulus=singles,
    ),
)
