"""Stimulus that holds what controls a circuit while data go on."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["control_inputs", "hold_modes", "mode_cycles"]

# Cycles of a mode, and cycles from one reset to the next. Modes change between resets.
MODE = 96
RESETS = 40

# Cycles of a mode where there is not much time; all modes take half of what there is.
SHORTEST = 16

# All combinations of so many ports are taken; of more, each port apart from the others.
MOST_COMBINED = 3


def control_inputs(parameters: Circuit) -> list[str]:
    """Return the names of unsigned inputs of one bit, such as load, valid and ready.

    There are none in a circuit whose inputs all have one bit: these are its data.
    """
    inputs = parameters.inputs
    names = [p.name for p in inputs if p.count == 1 and p.range == (0, 1)]
    return [] if len(names) == len(inputs) else names


def _modes(parameters: Circuit) -> list[dict[str, int]]:
    """Return in turn the values of all control inputs."""
    names = control_inputs(parameters)
    if not names:
        return []
    if len(names) <= MOST_COMBINED:
        combinations = [
            dict(zip(names, v, strict=True))
            for v in itertools.product((1, 0), repeat=len(names))
        ]
    else:
        combinations = [dict.fromkeys(names, bit) for bit in (1, 0)]
        combinations += [
            {n: int((n == name) == alone) for n in names}
            for name in names
            for alone in (True, False)
        ]
    # Each mode also follows one that is not its neighbour.
    return [*combinations, *combinations[::2], *combinations[1::2]]


def mode_cycles(parameters: Circuit) -> int:
    """Return the cycles of all modes of a circuit."""
    return MODE * len(_modes(parameters))


def hold_modes(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    begin: int,
    room: int,
) -> int:
    """Hold the inputs of one bit in all modes, one after the other; others stay as they are.

    A stream is idle, held up, or both, and goes on from each of them. What a reset leaves
    is seen before anything is loaded.

    Parameters
    ----------
    parameters : Circuit
    inputs : dict of str to int64 array ``[cycles, lanes * count]``
    enable, rst : bool array ``[cycles]``
    begin : int
        The first cycle.
    room : int
        The cycle before which the modes end; those that do not fit are left out.

    Returns
    -------
    int
        The cycle after the last one.
    """
    first = begin
    modes = _modes(parameters)
    length = min(MODE, max(SHORTEST, (room - begin) // 2 // max(1, len(modes))))
    for mode in modes:
        stop = begin + length
        if stop > room:
            break
        for name, value in mode.items():
            inputs[name][begin:stop] = value
        begin = stop
    enable[first:begin], rst[first:begin] = True, False
    rst[first:begin:RESETS] = True
    return begin
