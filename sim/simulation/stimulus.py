"""Random stimulus that any circuit can be given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["random_control", "random_stimulus"]


def random_stimulus(
    parameters: Circuit, cycles: int, lanes: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return random values for every input port.

    Each column alternates between stretches of three kinds: uniform values, the port's
    extremes (smallest, largest, 0 and its neighbours), and one value held; so that
    counters reach both ends and values near them, which uniform noise never does.

    Returns
    -------
    dict of str to int64 array ``[cycles, lanes * count]``
    """
    inputs = {}
    for port in parameters.inputs:
        low, high = port.range
        shape = (cycles, lanes * port.count)
        uniform = rng.integers(low, high, shape, endpoint=True)
        corners = np.clip([low, high, 0, low + 1, high - 1, 1, -1], low, high)
        extreme = rng.choice(corners, shape)
        # Stretches of 64 cycles, each column with its own order of kinds.
        stretches = -(-cycles // 64)
        kind = np.repeat(rng.integers(0, 4, (stretches, shape[1])), 64, axis=0)[:cycles]
        start = np.repeat(np.arange(stretches) * 64, 64)[:cycles]
        values = np.where(kind == 0, extreme, uniform)
        held = np.take(values, start, axis=0)
        inputs[port.name] = np.where(kind >= 2, held, values).astype(np.int64)
    return inputs


def random_control(
    cycles: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return `enable` and `rst` of each cycle.

    Stretches of 512 cycles differ: always enabled, mostly, or rarely; and never reset, once
    or so, or again and again.
    """
    stretches = -(-cycles // 512)

    def drawn(chances: list[float]) -> NDArray[np.bool_]:
        chance = np.repeat(rng.choice(chances, stretches), 512)[:cycles]
        return rng.random(cycles) < chance

    return drawn([1.0, 0.9, 0.3]), drawn([0.0, 0.0, 1 / 512, 1 / 24])
