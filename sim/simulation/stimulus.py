"""Random stimulus that any circuit can be given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.kernels.compiled import compiled

__all__ = ["random_control", "random_stimulus"]

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


def random_control(
    cycles: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return `enable` and `rst` of each cycle.

    They change their rates every 512 cycles: always, mostly or rarely enabled; never, rarely
    or often reset.
    """
    stretches = -(-cycles // 512)

    def drawn(rates: list[float]) -> NDArray[np.bool_]:
        rate = np.repeat(rng.choice(rates, stretches), 512)[:cycles]
        return rng.random(cycles) < rate

    return drawn([1.0, 0.9, 0.3]), drawn([0.0, 0.0, 1 / 512, 1 / 24])
