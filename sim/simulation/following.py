"""Stimulus that follows the words of a circuit's generators, to which comparators need it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port

__all__ = ["follow", "following_cycles"]

# Cycles after a reset in which the inputs follow one generator, and the most generators.
FOLLOWED = 200
MOST = 4

# How far an input is above the word, in turn. Codes above it or equal to it differ in a
# comparator; so do the lowest bits of neighbours.
OFFSETS = (0, 1, 0, 0, 1, 2, 1, -1)


def _followed(parameters: Circuit) -> list[tuple[Any, list[Port]]]:
    """Return generators, and the inputs that range over the words of each."""
    found = []
    for generator in dict.fromkeys(parameters.generators):
        words = 1 << generator.width
        ports = [
            port
            for port in parameters.inputs
            if words - 1 <= port.range[1] - port.range[0] <= words
        ]
        if ports and words > 2:
            found.append((generator, ports))
    return found[:MOST]


def following_cycles(parameters: Circuit) -> int:
    """Return the cycles in which the inputs of a circuit follow its generators."""
    return (FOLLOWED + 1) * len(_followed(parameters))


def follow(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    begin: int,
) -> int:
    """Overwrite a part of a stimulus: inputs are near the word of a generator in each cycle.

    Parameters
    ----------
    parameters : Circuit
    inputs : dict of str to int64 array ``[cycles, lanes * count]``
    enable, rst : bool array ``[cycles]``
    begin : int
        The first cycle, in which the circuit is reset.

    Returns
    -------
    int
        The cycle after the last one.
    """
    for generator, ports in _followed(parameters):
        stop = begin + 1 + FOLLOWED
        if stop > len(enable):
            break
        words = generator.words(FOLLOWED).astype(np.int64)
        for port in ports:
            low, high = port.range
            values = inputs[port.name][begin + 1 : stop]
            turns = np.add.outer(np.arange(FOLLOWED), np.arange(values.shape[1]))
            near = words[:, None] + np.array(OFFSETS)[turns % len(OFFSETS)]
            values[:] = np.clip(low + near, low, high)
        enable[begin:stop], rst[begin:stop] = True, False
        rst[begin] = True
        begin = stop
    return begin
