"""Catalogue entry of `sc_gdc`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, ScGdc, Sobol, VanDerCorput

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def _streams(parameters, **numbers):
    """Return the ports' bits of the numbers -1, 0 and 1 of each input."""
    ports = {}
    for name, values in numbers.items():
        if parameters.encoding == "sign-magnitude":
            ports[f"{name}_sign"] = (values < 0).astype(np.int64)
        ports[name] = (values > 0 if parameters.encoding == "bipolar" else values != 0).astype(
            np.int64
        )
    return ports


def descended(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the running sum of x (t - y), away from the counter's ends."""
    kinds = {"unipolar": [0, 1], "bipolar": [-1, 1], "sign-magnitude": [-1, 0, 1]}
    x, t, y = rng.choice(kinds[parameters.encoding], (3, cycles, lanes))
    # A bipolar counter covers twice the range in as many steps.
    unit = 2 if parameters.encoding == "bipolar" else 1
    low, high = parameters.limits
    value = np.full(lanes, parameters.initial)
    shown = np.empty((cycles, lanes), np.int64)
    for cycle in range(cycles):
        shown[cycle] = value
        moved = value + x[cycle] * (t[cycle] - y[cycle]) // unit
        # Where an end would be passed, t and y are made alike.
        y[cycle] = np.where((moved < low) | (moved > high), t[cycle], y[cycle])
        value = value + x[cycle] * (t[cycle] - y[cycle]) // unit
    return Expectation(
        inputs=_streams(parameters, factor=x, excitatory=t, inhibitory=y),
        measure=lambda outputs: outputs["value"],
        expected=shown,
        tolerance=0,
        source=(
            "Liu, Gross and Han 2020, equations (2) and (10): the sum of x (t - y), exact "
            "while the counter meets no end"
        ),
    )


def drifting(parameters, cycles, lanes, rng):
    """Return streams that drive the counter up and down, to both ends if it is small."""
    shape = (cycles, lanes)
    # Up, down or nowhere, for long enough to cross a small counter's range.
    length = 8 << min(parameters.width, 7)
    stretches = -(-cycles // length)
    drift = np.repeat(rng.integers(-1, 2, (stretches, lanes)), length, axis=0)[:cycles]
    surprise = rng.random(shape) < 0.1
    x = np.where(surprise, rng.integers(-1, 2, shape), 1)
    t, y = np.where(rng.random((2, *shape)) < 0.2, rng.integers(-1, 2, (2, *shape)), 0)
    t, y = np.where(t == 0, drift, t), np.where(y == 0, -drift, y)
    inputs = _streams(parameters, factor=x, excitatory=t, inhibitory=y)
    if parameters.encoding == "unipolar":
        inputs["excitatory"], inputs["inhibitory"] = (t > 0).astype(int), (y > 0).astype(int)
    if parameters.encoding == "sign-magnitude":
        # The sign of a 0 is as good as noise.
        for name in ("factor", "excitatory", "inhibitory"):
            noise = rng.integers(0, 2, shape)
            inputs[f"{name}_sign"] = np.where(inputs[name], inputs[f"{name}_sign"], noise)
    return inputs


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
    oracle=descended,
    stimulus=drifting,
)
