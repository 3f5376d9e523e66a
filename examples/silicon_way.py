"""One way to compute a function, and inputs like those of its use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["LANES", "Way", "held", "random_bits"]

LANES = 16


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to compute a function.

    Attributes
    ----------
    label : str
    circuit : Circuit
    cycles : int
        Clock cycles for one result.
    results : int
        How many results come at once.
    error : float or None
        RMS error of a result; of neurons and updates the part of images that a network
        labels wrongly.
    inputs : callable
        ``inputs(circuit, rng)`` gives the streams of the workload.
    """

    label: str
    circuit: Circuit
    cycles: int
    results: int
    error: float | None
    inputs: Callable[[Circuit, np.random.Generator], dict[str, NDArray[np.int64]]]


def held(cycles: int, results: int) -> Callable[..., dict[str, NDArray[np.int64]]]:
    """Return inputs that hold random values during each result, after a cycle of reset."""

    def inputs(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
        found = {}
        for port in circuit.inputs:
            low, high = port.range
            values = rng.integers(low, high, (results, LANES * port.count), endpoint=True)
            rows = np.repeat(values, cycles, axis=0)
            found[port.name] = np.concatenate([rows[:1], rows])
        return found

    return inputs


def random_bits(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Return streams: a bit is 1 in half of the cycles, an integer a sum of such bits."""
    found = {}
    for port in circuit.inputs:
        low, high = port.range
        shape = (512, LANES * port.count)
        if low < 0:
            found[port.name] = 2 * rng.binomial(high, 0.5, shape) - high
        else:
            found[port.name] = rng.binomial(high, 0.5, shape)
    return found
