"""Weights of one layer as codes of bipolar streams."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import check_integer

from ..integral.stream_faults import StreamFaults, fault_masks
from ..integral.stream_integers import stream_integers
from ..integral.stream_seeds import check_streams, stream_seeds

__all__ = ["WIDTH", "StreamLayer", "weight_codes"]

# Bits of the generators of the weights, where no others are asked for.
WIDTH = 13


def weight_codes(
    values: ArrayLike, range_: int, width: int, name: str = "weights"
) -> NDArray[np.int32]:
    """Return the codes of real values -m..m as bipolar streams of range m.

    Parameters
    ----------
    values : float array
    range_ : int
        Range m.
    width : int
        Bits of the generators, n. The code is ``round((x / m + 1) / 2 * 2^n)``, half to even.
    name : str
        What the values are, for messages.

    Raises
    ------
    ValueError
        If a value is NaN or outside of the range.
    """
    real = np.asarray(values, np.float64)
    if np.isnan(real).any():
        raise ValueError(f"{name} must be numbers, not NaN")
    worst = real.flat[np.abs(real).argmax()] if real.size else 0.0
    if abs(worst) > range_:
        raise ValueError(f"{name} must be between -{range_} and {range_}, not {worst:g}")
    return np.rint((real / range_ + 1) / 2 * (1 << width)).astype(np.int32)


@dataclasses.dataclass(frozen=True, eq=False)
class StreamLayer:
    """One layer of neurons on integral streams.

    Attributes
    ----------
    codes : int32 array ``[K + 1, J]``
        Codes of the weights, and in the last row of the biases, 0..2^width.
    range : int
        Range m of the weights' streams.
    states : int or None
        States of the counter of each neuron; None for an output layer, which adds its sums.
    width : int
        Bits of the generators of the weights, 3..16; (K + 1) m is at most 2^width - 1.
    seed : int
        Seed of `stream_seeds`: stream j of weight i has seed number ``i m + j``, in all
        neurons.
    faults : StreamFaults or None
        Faults on some of its wires; by default none.
    """

    codes: NDArray[np.int32]
    range: int
    states: int | None
    width: int
    seed: int
    faults: StreamFaults | None = None

    def __post_init__(self) -> None:
        """Check shape and range."""
        check_integer("layer range", self.range, 1, 64)
        if self.codes.ndim != 2 or len(self.codes) < 2 or not self.codes.shape[1]:
            raise ValueError(f"layer codes must be [K + 1, J], not {self.codes.shape}")
        check_streams(len(self.codes) * self.range, self.width)
        low, high = int(self.codes.min()), int(self.codes.max())
        if low < 0 or high > 1 << self.width:
            worst = low if low < 0 else high
            raise ValueError(f"codes must be between 0 and {1 << self.width}, not {worst}")
        faults = self.faults
        if faults is not None and faults.node == "counters" and self.states is None:
            raise ValueError("faults of counters need a layer with states")

    @property
    def inputs(self) -> int:
        """Number of inputs, K."""
        return len(self.codes) - 1

    @property
    def outputs(self) -> int:
        """Number of neurons, J."""
        return self.codes.shape[1]

    @functools.cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the generators, those of the bias last."""
        return stream_seeds(len(self.codes) * self.range, self.width, self.seed)

    def with_faults(self, faults: StreamFaults) -> StreamLayer:
        """Return the layer with other faults."""
        return dataclasses.replace(self, faults=faults)

    def integers(self, length: int) -> NDArray[np.int8]:
        """Return the integers of all weights' streams, ``[length, K + 1, J]``, -m..m."""
        return stream_integers(
            self.codes, self.range, self.width, self.seed, length, self.faults
        )

    def fault_masks(self, length: int) -> dict[str, NDArray[np.int64]]:
        """Return the masks of faults by node, ``[length, count]``; empty without faults."""
        states = 0 if self.states is None else (self.states - 1).bit_length()
        shapes = {
            "inputs": (self.inputs, 1, False),
            "sums": (self.outputs, (len(self.codes) * self.range).bit_length() + 1, True),
            "counters": (self.outputs, states, False),
        }
        return fault_masks(self.faults, length, shapes)
