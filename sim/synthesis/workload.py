"""The streams of a circuit while its power is measured."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

from ..entry import Entry
from .lane_words import LANES

__all__ = ["BEGIN", "CYCLES", "Workload", "entry_workload"]

CYCLES = 1024

# Values of all lanes and cycles; wide circuits get fewer lanes, and then fewer cycles.
MOST_VALUES = 1 << 22
FEWEST_CYCLES = 64

# The first cycle is the reset. Transitions count from the next one on.
BEGIN = 1


@dataclasses.dataclass(frozen=True)
class Workload:
    """Streams of a circuit's ports.

    Attributes
    ----------
    streams : dict of str to int64 array ``[cycles, lanes * count]``
        Inputs, and outputs of the golden model.
    enable, rst : bool array ``[cycles]``
    lanes : int
        At most 64.
    source : str
        Where the inputs come from, for the reader of a figure.
    """

    streams: dict[str, NDArray[np.int64]]
    enable: NDArray[np.bool_]
    rst: NDArray[np.bool_]
    lanes: int
    source: str

    @property
    def cycles(self) -> int:
        """The length."""
        return len(self.enable)


def run_model(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    lanes: int,
    source: str,
) -> Workload:
    """Return the inputs with the golden model's outputs."""
    outputs, _ = parameters.run(inputs, cycles=len(enable), lanes=lanes, enable=enable, rst=rst)
    return Workload({**inputs, **outputs}, enable, rst, lanes, source)


def entry_workload(entry: Entry, cycles: int = CYCLES, seed: int = 1) -> Workload:
    """Return the stimulus of an entry, always enabled, after one cycle of reset.

    Parameters
    ----------
    entry : Entry
        Its default parameters are run.
    cycles : int
        At least 2. Wide circuits get fewer.
    seed : int
    """
    parameters = entry.default
    values = max(1, sum(port.count for port in parameters.ports))
    lanes = max(1, min(LANES, MOST_VALUES // (cycles * values)))
    shorter = max(FEWEST_CYCLES, MOST_VALUES // values)
    cycles = min(cycles, shorter)
    rng = np.random.default_rng(seed)
    given = entry.stimulus(parameters, cycles, lanes, rng)
    inputs = {p.name: p.check(given[p.name]) for p in parameters.inputs}
    rst = np.zeros(cycles, bool)
    rst[0] = True
    what = f"{cycles} cycles of {lanes} lanes of the catalogue's stimulus, seed {seed}"
    return run_model(parameters, inputs, np.ones(cycles, bool), rst, lanes, what)
