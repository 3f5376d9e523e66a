"""Catalogue entry of `stochastic_to_binary`."""

from __future__ import annotations

import numpy as np

from stochastic import StochasticToBinary

from ...entry import Entry, Expectation
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def sums_of_windows(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the sum of every window; the first window is at full scale."""
    p = parameters
    windows = 3
    stream = rng.integers(0, p.range, (windows, p.length, lanes), endpoint=True)
    sign = rng.integers(0, 2, stream.shape)
    stream[0] = p.range
    sign[0] = 1
    values = np.where(sign, -stream, stream) if p.encoding == "sign-magnitude" else stream
    inputs = {"stream": stream, "stream_sign": sign}
    return Expectation(
        # One more cycle for the result of the last window.
        inputs={
            port.name: np.vstack(
                [inputs[port.name].reshape(-1, lanes), np.zeros((1, lanes), int)]
            )
            for port in p.inputs
        },
        measure=lambda outputs: outputs["result"][outputs["valid"].astype(bool)],
        expected=values.sum(axis=1).reshape(-1),
        tolerance=0,
        source="definition: the sum of each window of N values, with a maximum of m N",
    )


def full_scale_windows(parameters, cycles, lanes, rng):
    """Return random values, then both ends of full scale, for three windows each in turn."""
    inputs = random_stimulus(parameters, cycles, lanes, rng)
    part = (np.arange(cycles)[:, None] // (3 * parameters.length) + np.arange(lanes)) % 3
    inputs["stream"][part > 0] = parameters.range
    if "stream_sign" in inputs:
        inputs["stream_sign"] = np.where(part > 0, part - 1, inputs["stream_sign"])
    return inputs


def whole_window(p):
    """Return a window, in whose last cycle a reset suppresses the result."""
    cycles = min(p.length, 4096)
    return {port.name: np.full((cycles, 1), port.range[1]) for port in p.inputs}


ENTRY = Entry(
    name="stochastic_to_binary",
    default=StochasticToBinary(length=256),
    edges=(
        StochasticToBinary(length=1),
        StochasticToBinary(length=1, encoding="sign-magnitude", range=3),
        StochasticToBinary(length=2, encoding="bipolar", range=65535),
        StochasticToBinary(length=63),
        StochasticToBinary(length=64, encoding="sign-magnitude"),
        StochasticToBinary(length=65, encoding="sign-magnitude", range=8),
    ),
    # In a window of 256 cycles an 8-bit counter restarts without any logic, which would hide
    # a fault in the restart. A window of 12 cycles shows it.
    planted=StochasticToBinary(length=12),
    oracle=sums_of_windows,
    stimulus=full_scale_windows,
    directed=whole_window,
)
