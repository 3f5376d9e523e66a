"""Stimulus that any circuit can be given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.kernels.compiled import compiled

from .bench import Run
from .directed import directed_cycles, drive

__all__ = ["bench_cycles", "planned_run", "random_stimulus"]

# Cycles of one kind of values, in each column.
STRETCH = 64


def random_stimulus(
    parameters: Circuit, cycles: int, lanes: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return random values for every input port.

    Each column alternates between stretches of three kinds: uniform values, the port's
    extremes (smallest, largest, 0 and its neighbours), and one constant value. Counters
    therefore reach both ends and values near them, which they never do on uniform noise.

    Returns
    -------
    dict of str to int64 array ``[cycles, lanes * count]``
    """
    inputs = {}
    for port in parameters.inputs:
        low, high = port.range
        shape = (cycles, lanes * port.count)
        values = rng.integers(low, high, shape, endpoint=True)
        corners = np.clip([low, high, 0, low + 1, high - 1, 1, -1], low, high)
        picks = rng.integers(0, len(corners), shape)
        kinds = rng.integers(0, 4, (-(-cycles // STRETCH), shape[1]))
        _apply_kinds(values, corners, picks, kinds)
        inputs[port.name] = values
    return inputs


@compiled
def _apply_kinds(values, corners, picks, kinds):
    """Replace uniform values by extremes in stretches of kind 0, and hold those of 2 and 3."""
    for cycle in range(values.shape[0]):
        stretch = cycle // STRETCH
        for column in range(values.shape[1]):
            kind = kinds[stretch, column]
            if kind == 0:
                values[cycle, column] = corners[picks[cycle, column]]
            elif kind >= 2:
                values[cycle, column] = values[stretch * STRETCH, column]


# Limits of the length of an emitted bench.
SHORTEST, LONGEST = 2048, 8192


def bench_cycles(parameters: Circuit) -> int:
    """Return the length of a stimulus whose first half holds the whole directed part."""
    return min(max(2 * directed_cycles(parameters), SHORTEST), LONGEST)


def planned_run(
    parameters: Circuit,
    cycles: int,
    lanes: int,
    rng: np.random.Generator,
    stimulus: Callable[..., dict[str, NDArray[np.int64]]] = random_stimulus,
) -> Run:
    """Return inputs, enable and reset: directed first, then random.

    Parameters
    ----------
    parameters : Circuit
    cycles, lanes : int
    rng : numpy.random.Generator
    stimulus : callable
        Of a catalogue entry; it gives the random part.
    """
    given = stimulus(parameters, cycles, lanes, rng)
    inputs = {p.name: p.check(given[p.name]).copy() for p in parameters.inputs}
    enable, rst = _random_control(cycles, rng)
    drive(parameters, inputs, enable, rst)
    return Run(inputs, enable, rst)


# How often enable and rst are 1 in a stretch.
RATES = ((1.0, 0.0), (0.9, 1 / 24), (0.5, 0.0), (1.0, 1 / 200), (0.3, 1 / 512))


def _random_control(
    cycles: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return `enable` and `rst` of each cycle.

    They change their rates from stretch to stretch: always, mostly or rarely enabled; never,
    rarely or often reset.
    """
    length = min(512, max(1, cycles // 16))
    count = -(-cycles // length)
    rates = rng.permuted(np.resize(np.arange(len(RATES)), count))
    enable, rst = np.repeat(np.array(RATES)[rates], length, axis=0)[:cycles].T
    draws = rng.random((2, cycles))
    return draws[0] < enable, draws[1] < rst
