"""Catalogue entry of `sc_gdc`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, ScGdc, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.integrators import NARROW, moves_to_words

__all__ = ["ENTRY"]


def _port_bits(parameters, **numbers):
    """Return the bits of the ports for arrays of -1, 0 and 1 of each input."""
    ports = {}
    for name, values in numbers.items():
        if parameters.encoding == "sign-magnitude":
            ports[f"{name}_sign"] = (values < 0).astype(np.int64)
        ports[name] = (values > 0 if parameters.encoding == "bipolar" else values != 0).astype(
            np.int64
        )
    return ports


def gradient_steps(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the running sum of x (t - y), without saturation."""
    digits = {"unipolar": [0, 1], "bipolar": [-1, 1], "sign-magnitude": [-1, 0, 1]}
    x, t, y = rng.choice(digits[parameters.encoding], (3, cycles, lanes))
    # One step of a bipolar counter is 2 of these digits.
    unit = 2 if parameters.encoding == "bipolar" else 1
    low, high = parameters.limits
    value = np.full(lanes, parameters.initial)
    values = np.empty((cycles, lanes), np.int64)
    for cycle in range(cycles):
        values[cycle] = value
        moved = value + x[cycle] * (t[cycle] - y[cycle]) // unit
        # Where the counter would saturate, y becomes t.
        y[cycle] = np.where((moved < low) | (moved > high), t[cycle], y[cycle])
        value = value + x[cycle] * (t[cycle] - y[cycle]) // unit
    return Expectation(
        inputs=_port_bits(parameters, factor=x, excitatory=t, inhibitory=y),
        measure=lambda outputs: outputs["value"],
        expected=values,
        tolerance=0,
        source=(
            "Liu, Gross and Han 2020, equations (2) and (10): the sum of x (t - y), exact "
            "while the counter does not saturate"
        ),
    )


def drifting_streams(parameters, cycles, lanes, rng):
    """Return streams that move the counter up and down, to both ends if it is small."""
    shape = (cycles, lanes)
    # Up, down or no drift, each long enough to cross the range of a small counter.
    length = 8 << min(parameters.width, 7)
    stretches = -(-cycles // length)
    drift = np.repeat(rng.integers(-1, 2, (stretches, lanes)), length, axis=0)[:cycles]
    random = rng.random(shape) < 0.1
    x = np.where(random, rng.integers(-1, 2, shape), 1)
    t, y = np.where(rng.random((2, *shape)) < 0.2, rng.integers(-1, 2, (2, *shape)), 0)
    t, y = np.where(t == 0, drift, t), np.where(y == 0, -drift, y)
    inputs = _port_bits(parameters, factor=x, excitatory=t, inhibitory=y)
    if parameters.encoding == "unipolar":
        inputs["excitatory"], inputs["inhibitory"] = (t > 0).astype(int), (y > 0).astype(int)
    if parameters.encoding == "sign-magnitude":
        # The sign of a 0 is arbitrary.
        for name in ("factor", "excitatory", "inhibitory"):
            noise = rng.integers(0, 2, shape)
            inputs[f"{name}_sign"] = np.where(inputs[name], inputs[f"{name}_sign"], noise)
    return inputs


def meeting_words(p):
    """Return streams that bring a wide counter to words of its generator.

    Below 0 it is the magnitude that comes to them.
    """
    moves = np.ones(1, np.int64)
    if p.width > NARROW:
        moves, _ = moves_to_words(p.generator, abs(p.initial))
    up = moves[:, None] * (1 if p.initial >= 0 else -1)
    zero = -np.ones_like(up) if p.encoding == "bipolar" else np.zeros_like(up)
    down = zero if p.encoding == "sign-magnitude" else np.where(up < 0, 1, zero)
    if p.encoding != "sign-magnitude":
        up = np.where(up > 0, 1, zero)
    return _port_bits(p, factor=np.ones_like(up), excitatory=up, inhibitory=down)


ENTRY = Entry(
    name="sc_gdc",
    default=ScGdc(width=8, generator=Lfsr(width=8), encoding="sign-magnitude"),
    edges=(
        ScGdc(width=8, generator=Lfsr(width=8), initial=128),
        ScGdc(width=8, generator=Lfsr(width=8), encoding="bipolar", initial=128),
        ScGdc(width=1, generator=Counter(width=1), initial=2),
        ScGdc(width=1, generator=VanDerCorput(width=1), encoding="bipolar"),
        ScGdc(width=1, generator=Counter(width=1), encoding="sign-magnitude", initial=-2),
        ScGdc(
            width=3,
            generator=Sobol(width=3, dimension=1),
            encoding="sign-magnitude",
            initial=7,
        ),
        ScGdc(width=24, generator=Sobol(width=24), initial=(1 << 24) - 2),
        ScGdc(
            width=32,
            generator=VanDerCorput(width=32),
            encoding="sign-magnitude",
            initial=-(1 << 32) + 1,
        ),
        ScGdc(
            width=32,
            generator=VanDerCorput(width=32),
            encoding="bipolar",
            initial=1 << 32,
        ),
    ),
    planted=ScGdc(width=4, generator=Lfsr(width=4), encoding="sign-magnitude"),
    oracle=gradient_steps,
    stimulus=drifting_streams,
    directed=meeting_words,
)
