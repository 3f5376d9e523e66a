"""Catalogue entry of `float_to_fixed`."""

from __future__ import annotations

import numpy as np

from fixedpoint import FloatToFixed
from stochastic import Xorshift32

from ...entry import Expectation
from ...oracles.float_reference import fit_floats, round_floats
from ...oracles.quantizers import every_rounding, quantizer_entry

__all__ = ["ENTRY"]


def random_singles(p: FloatToFixed, cycles, lanes, rng):
    """Return floats around the target's range, with ties and special values."""
    shape = (cycles, lanes)
    around = 127 + rng.integers(-p.target.frac_bits - 4, p.target.int_bits + 4, shape)
    exponent = np.where(rng.random(shape) < 0.1, rng.integers(0, 256, shape), around)
    exponent = np.clip(exponent, 0, 255)
    exponent = np.where(rng.random(shape) < 0.1, rng.choice([0, 1, 254, 255], shape), exponent)
    # Fractions of few bits give ties.
    kept = rng.integers(0, 24, shape)
    fraction = rng.integers(0, 1 << 23, shape) >> kept << kept
    return {"value": rng.integers(0, 2, shape) << 31 | exponent << 23 | fraction}


def rounded_floats(p: FloatToFixed, cycles, lanes, rng) -> Expectation:
    """Expect every code in closed form, and the flags."""
    inputs = random_singles(p, cycles, lanes, rng)
    with np.errstate(invalid="ignore"):
        floats = inputs["value"].astype(np.uint32).view(np.float32).astype(np.float64)
    # Doubles above 2^53 have no units bit, which JAM sets.
    small = np.abs(floats) < 2.0 ** (50 - p.target.frac_bits)
    inputs["value"] = np.where(small | ~np.isfinite(floats), inputs["value"], 0)
    floats = np.where(small | ~np.isfinite(floats), floats, 0)
    finite = np.where(np.isfinite(floats), floats, 0)
    number = round_floats(finite * 2.0**p.target.frac_bits, p.rounding, p.generator)
    code = np.where(np.isfinite(floats), fit_floats(number, p.target, p.overflow), 0)
    return Expectation(
        inputs=inputs,
        measure=lambda o: np.stack([o["result"], o["nan"], o["infinite"]]),
        expected=np.stack([code, np.isnan(floats), np.isinf(floats)]),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold all singles exactly",
    )


def small_after_reset(p):
    """Return a negative number far below one step, which the first words round up or not."""
    return {"value": np.array([[1 << 31 | 1 << 23 | 1]], np.int64)}


ENTRY = quantizer_entry(
    "float_to_fixed",
    FloatToFixed,
    rounded_floats,
    default=("sQ4.12", "nearest_even", "saturate"),
    edges=(
        *every_rounding(("sQ4.4", "uQ4.4", "sQ4.4")),
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
    stimulus=random_singles,
    directed=small_after_reset,
)
