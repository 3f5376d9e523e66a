"""Faults on the wires of a layer on integral streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Parameters, check_choice, check_integer, check_number
from fixedpoint.kernels.compiled import compiled

from ..generators.pcg import Pcg

__all__ = ["FAULT_KINDS", "FAULT_NODES", "StreamFaults", "fault_masks", "faulty"]

FAULT_NODES = ("inputs", "weights", "sums", "counters")
FAULT_KINDS = ("flip", "stuck_at_0", "stuck_at_1", "late", "late_words")
LATE = ("late", "late_words")

# Bits of the words that decide on a fault.
WIDTH = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamFaults(Parameters):
    """Faults on one kind of wires of an `IntegralLayer`.

    Parameters
    ----------
    node : {"inputs", "weights", "sums", "counters"}
        The K input bits; the (K + 1) m bits of the weights' streams behind their comparators,
        where a fault hits all neurons; the bits of each neuron's sum, in two's complement; or
        the bits that each counter's register takes.
    kind : {"flip", "stuck_at_0", "stuck_at_1", "late", "late_words"}
        A wire flips in some of the cycles. Or some wires keep one value in all cycles. Or a
        bit of a sum is late in some of the cycles: the counter adds the bit of the cycle
        before, as after a timing violation. Or the whole sum is late.
    rate : float
        Probability of a fault in a cycle, or of a stuck wire, 0..1; with late words that of
        each sum.
    seed : int
        0..2^32 - 1.

    Notes
    -----
    A wire of number i is faulty in cycle t if word ``t w + i`` of ``Pcg(width=32,
    seed=seed)`` is below ``rate 2^32``, where w is the number of wires; a stuck one if word i
    is. Bit b of a neuron's word of n bits has number ``j n + b`` in neuron j. Late words are
    drawn as wires of one bit. The faults are the same for every image. In hardware they are
    the content of a memory. In the first cycle nothing is late.

    Faults of a lower rate and the same seed are some of those of a higher rate.

    Examples
    --------
    >>> from stochastic import StreamFaults
    >>> StreamFaults(node="inputs", rate=0.25).words(3, 8).tolist()
    [[0, 0, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0]]
    """

    node: str
    kind: str = "flip"
    rate: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        check_choice("StreamFaults node", self.node, FAULT_NODES)
        check_choice("StreamFaults kind", self.kind, FAULT_KINDS)
        if self.late and self.node != "sums":
            raise ValueError(f"only sums can be late, not {self.node}")
        rate = float(check_number("StreamFaults rate", self.rate))
        if not 0 <= rate <= 1:
            raise ValueError(f"StreamFaults rate must be between 0 and 1, not {rate:g}")
        seed = check_integer("StreamFaults seed", self.seed, 0, (1 << 32) - 1)
        self._set(rate=rate, seed=seed)

    @property
    def late(self) -> bool:
        """Whether bits of the cycle before are used."""
        return self.kind in LATE

    @property
    def kind_number(self) -> int:
        """The kind as an integer, for kernels."""
        return min(FAULT_KINDS.index(self.kind), FAULT_KINDS.index("late"))

    def words(
        self, length: int, count: int, width: int = 1, *, signed: bool = False
    ) -> NDArray[np.int64]:
        """Return the faulty bits of each cycle as masks, ``[length, count]``.

        Parameters
        ----------
        length : int
            Cycles N.
        count, width : int
            Number of words, and their bits.
        signed : bool
            Whether the most significant bit of a mask counts negative.
        """
        stuck = self.kind.startswith("stuck")
        drawn_bits = 1 if self.kind == "late_words" else width
        rows, wires = 1 if stuck else length, count * drawn_bits
        threshold = round(self.rate * (1 << WIDTH))
        drawn = Pcg(width=WIDTH, seed=self.seed).words(rows * wires)
        bits = (drawn.astype(np.int64) < threshold).reshape(rows, count, drawn_bits)
        bits = np.broadcast_to(bits, (rows, count, width))
        powers = np.int64(1) << np.arange(width)
        if signed:
            powers[-1] = -powers[-1]
        masks = np.broadcast_to(bits @ powers, (length, count)).copy()
        if self.late:
            masks[0] = 0
        return masks


def fault_masks(
    faults: StreamFaults | None, length: int, shapes: Mapping[str, tuple[int, int, bool]]
) -> dict[str, NDArray[np.int64]]:
    """Return the masks of some nodes; empty ones of nodes without faults.

    Parameters
    ----------
    faults : StreamFaults or None
    length : int
        Cycles N.
    shapes : mapping of str to (int, int, bool)
        Number of words of each node, their bits, and whether they are signed.
    """
    masks = {node: np.zeros((0, 0), np.int64) for node in shapes}
    if faults is not None and faults.node in shapes:
        count, width, signed = shapes[faults.node]
        masks[faults.node] = faults.words(length, count, width, signed=signed)
    return masks


@compiled
def faulty(value, before, mask, kind):
    """Return an integer whose bits under the mask are faulty.

    Parameters
    ----------
    value, before : int
        Of this cycle and of the cycle before.
    mask : int
    kind : int
        Number in `FAULT_KINDS`, that of "late" for all that is late.
    """
    if kind == 0:
        return value ^ mask
    if kind == 1:
        return value & ~mask
    if kind == 2:
        return value | mask
    return (value & ~mask) | (before & mask)
