"""Accumulative parallel counter: the exact sum of K streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..streams.packing import pack
from .cycle_counts import ones_of_cycles

__all__ = ["ParallelCounter", "accumulate", "count_streams", "totals_before"]

# Words of all streams that are counted at once: 2 MiB.
BLOCK_WORDS = 1 << 18


@dataclasses.dataclass(frozen=True, kw_only=True)
class ParallelCounter(StreamCircuit):
    """Accumulative parallel counter: counts the ones of K streams, cycle by cycle and in all.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 1..65536.
    width : int
        Bits of the accumulator, 1..48, at least those of K.

    Notes
    -----
    Ports: ``streams``, K elements of one bit; ``count``, the number of ones among them, 0..K;
    ``total``, the sum of the counts of all earlier enabled cycles. The total saturates at
    ``2^width - 1``. Latency 0 to ``count`` and 1 to ``total``; after reset ``total`` is 0.

    The sum of the counts is the sum of the streams exactly, however they are correlated. For
    independent bits of means p_i the total of N cycles has the variance
    ``N sum(p_i (1 - p_i))``.

    Source: B. Parhami and C.-H. Yeh, "Accumulative Parallel Counters", Asilomar 1995.
    `ApproximateParallelCounter` is the other circuit that is abbreviated APC.

    Examples
    --------
    >>> from stochastic import ParallelCounter
    >>> counter = ParallelCounter(fan_in=3, width=4)
    >>> outputs, _ = counter.run({"streams": [[1, 0, 1], [1, 1, 1], [0, 0, 0]]})
    >>> outputs["count"][:, 0].tolist(), outputs["total"][:, 0].tolist()
    ([2, 3, 0], [0, 2, 5])
    """

    fan_in: int
    width: int

    def __post_init__(self) -> None:
        fan_in = check_integer("ParallelCounter fan_in", self.fan_in, 1, 1 << 16)
        name = f"ParallelCounter width with {fan_in} streams"
        self._set(fan_in=fan_in, width=check_integer(name, self.width, fan_in.bit_length(), 48))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("streams", count=self.fan_in, meaning="streams to add"),
            Port.output("count", self.fan_in.bit_length(), meaning="number of ones now"),
            Port.output("total", self.width, meaning="sum of the counts of earlier cycles"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="total", width=self.width),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        streams = inputs["streams"]
        count = streams if self.fan_in == 1 else sum(streams)
        total = registers["total"]
        after = min(total + count, (1 << self.width) - 1)
        return {"total": after}, {"count": count, "total": total}

    def _packed(self, words, inputs, length):
        given = inputs["streams"]
        streams = np.broadcast_arrays(*([given] if self.fan_in == 1 else given))
        count = count_streams(streams, length)
        shown = {"count": count, "total": totals_before(count, self.width)}
        # A port of one bit carries a stream.
        return {
            port.name: pack(shown[port.name]) if port.width == 1 else shown[port.name]
            for port in self.outputs
        }

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        streams = inputs["streams"]
        lanes = streams.shape[1] // self.fan_in
        shape = (len(streams), lanes, self.fan_in)
        outputs["count"][:] = streams.reshape(shape).sum(axis=2)
        last = (1 << self.width) - 1
        accumulate(enable, outputs["count"], last, registers["total"], outputs["total"])


def count_streams(streams: Sequence[NDArray[np.uint64]], length: int) -> NDArray[np.int64]:
    """Return how many of K packed streams are 1 in each cycle, int64 ``[..., length]``.

    All are uint64 ``[..., words]`` of one shape.
    """
    shape, rows = streams[0].shape, len(streams)
    every = np.full((1, rows, shape[-1]), ~np.uint64(0))
    flat = [s.reshape(-1, shape[-1]) for s in streams]
    lanes = len(flat[0])
    counts = np.empty((lanes, length), np.int64)
    block = max(1, BLOCK_WORDS // (rows * shape[-1]))
    for begin in range(0, lanes, block):
        part = slice(begin, begin + block)
        stacked = np.stack([s[part] for s in flat])
        counts[part] = ones_of_cycles(every, stacked, False, length)[0]
    return counts.reshape(*shape[:-1], length)


def totals_before(counts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Return the sum of the counts of all earlier cycles, which saturates at 2^width - 1."""
    totals = np.zeros_like(counts)
    # No count is negative: a sum that has saturated stays so.
    np.cumsum(counts[..., :-1], axis=-1, out=totals[..., 1:])
    return np.minimum(totals, (1 << width) - 1, out=totals)


@compiled
def accumulate(enable, counts, last, total, shown):
    """Add ``counts [cycles, lanes]`` to totals that saturate; `shown` is each total before."""
    cycles, lanes = counts.shape
    for t in range(cycles):
        for lane in range(lanes):
            shown[t, lane] = total[lane]
            if enable[t]:
                total[lane] = min(total[lane] + counts[t, lane], np.int64(last))
