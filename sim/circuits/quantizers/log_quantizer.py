"""Catalogue entry of `log_quantizer`."""

from __future__ import annotations

import math

import numpy as np

from fixedpoint import Format, LogQuantizer

from ...entry import Entry, Expectation
from ...oracles.float_reference import random_codes
from ...oracles.power_of_two_weights import powers

Q = Format.parse

__all__ = ["ENTRY"]


def rounded_logarithm(p: LogQuantizer, cycles, lanes, rng) -> Expectation:
    """Expect every exponent from the binary logarithm, or from the nearest double."""
    least, most = p.target.minimum_exponent, p.target.maximum_exponent
    # Shift the codes, because nearly all uniform codes are large.
    source = random_codes(rng, p.source, (cycles, lanes)) >> rng.integers(
        0, 20, (cycles, lanes)
    )
    size = np.abs(source) * 2.0**-p.source.frac_bits
    if p.rounding == "log":
        with np.errstate(divide="ignore"):
            exponent = np.floor(np.log2(size) + 0.5)
    else:
        fraction, above = np.frexp(size)
        exponent = np.where(fraction >= 0.75, above, above - 1.0)
        exponent = np.where(
            size < 2.0**least, np.where(size * 2 >= 2.0**least, least, -1e9), exponent
        )
    code = np.where(exponent < least, 0, np.minimum(exponent, most) - least + 1)
    negative = source < 0
    if not p.target.signed:
        code = np.where(negative, 0, code)

    def measure(outputs):
        shown = outputs["exponent"]
        return np.where(outputs["sign"], -shown, shown) if p.target.signed else shown

    return Expectation(
        inputs={"source": source},
        measure=measure,
        expected=np.where(negative, -code, code),
        tolerance=0,
        source=(
            "floor(log2|x| + 1/2), whose error of 1e-15 is far below the distance of 20-bit "
            "integers from sqrt(2) times a power of two; or the nearest value"
        ),
    )


def near_thresholds(p: LogQuantizer, cycles, lanes, rng):
    """Return values of all magnitudes, half of them next to where the exponent changes."""
    shape = (cycles, lanes)
    port = p.inputs[0]
    bits = port.width - port.signed
    ratio = 2**0.5 if p.rounding == "log" else 1.5
    power = 2.0 ** rng.integers(0, bits, shape)
    near = np.floor(power * rng.choice([1.0, ratio], shape)).astype(np.int64)
    near += rng.integers(-1, 1, shape, endpoint=True)
    values = rng.integers(0, port.range[1], shape, endpoint=True)
    values >>= rng.integers(0, bits, shape)
    values = np.where(rng.random(shape) < 0.5, near, values)
    if port.signed:
        values = np.where(rng.random(shape) < 0.5, -values, values)
    return {"source": np.clip(values, *port.range)}


def thresholds(p):
    """Return the integers on both sides of where the exponent changes, of both signs."""
    port = p.inputs[0]
    values = []
    for power in range(port.width - port.signed):
        below = math.isqrt(2 << 2 * power) if p.rounding == "log" else (3 << power) // 2 - 1
        values += [below, below + 1, -below, -below - 1]
    low, high = port.range
    return {"source": np.array([[min(max(v, low), high)] for v in values], np.int64)}


ENTRY = Entry(
    name="log_quantizer",
    default=LogQuantizer(source=Q("sQ4.12"), target=powers(-4, 2)),
    edges=tuple(
        LogQuantizer(source=Q(source), target=target, rounding=rounding)
        for source, target, rounding in (
            ("uQ1.0", powers(0, 0), "log"),
            ("sQ2.0", powers(0, 0, signed=False), "linear"),
            ("sQ4.12", powers(-4, 2), "linear"),
            ("uQ4.4", powers(-6, -1), "log"),
            ("uQ2.3", powers(0, 4, signed=False), "linear"),
            ("sQ10.10", powers(-20, 20), "log"),
            ("sQ33.31", powers(-31, 30), "linear"),
            ("sQ5.2", powers(-9, -6, signed=False), "log"),
            ("uQ60.3", powers(57, 59), "log"),
        )
    ),
    # With six bits the threshold is even, so that a magnitude equals it. The largest power is
    # that of the most negative number, so that saturation hides no fault.
    planted=LogQuantizer(source=Q("sQ5.1"), target=powers(0, 4)),
    oracle=rounded_logarithm,
    stimulus=near_thresholds,
    directed=thresholds,
)
