"""Approximate parallel counter: half of the adders of the exact one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StreamCircuit
from .parallel_counter import accumulate, count_streams, totals_before

__all__ = ["ApproximateParallelCounter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApproximateParallelCounter(StreamCircuit):
    """Approximate parallel counter: one gate in place of each adder of the first layer.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, even, 4..65536.
    width : int
        Bits of the accumulator, 1..48, at least those of K.

    Notes
    -----
    Ports: ``streams``, K elements of one bit; ``count``, an even number 0..K or K - 1 that
    approximates the number of ones; ``total``, the sum of the counts of all earlier enabled
    cycles, which saturates at ``2^width - 1``. Latency 0 to ``count`` and 1 to ``total``;
    after reset ``total`` is 0.

    Streams 2 i and 2 i + 1 form pair i. Its sum ``a + b`` is replaced by ``2 (a or b)`` where
    i is even, and by ``2 (a and b)`` where i is odd. The first is too large by
    ``a xor b``, the second too small by it, so the errors tend to cancel. The lowest bit of
    ``count`` is always 0.

    For independent streams the mean of the count is ``sum(2 (p + q - p q))`` over the even
    pairs plus ``sum(2 p q)`` over the odd ones. Its error is
    ``sum(+-(p + q - 2 p q))``, which is 0 if the pairs are alike and K / 2 is even.

    Source: K. Kim, J. Lee and K. Choi, "Approximate De-Randomizer for Stochastic Circuits",
    ISOCC 2015, where a layer of AND and OR gates precedes the adders. The paper itself was
    not at hand: the order of the gates is that of open implementations of the 16-input
    counter, and the law is derived here.

    Examples
    --------
    >>> from stochastic import ApproximateParallelCounter
    >>> counter = ApproximateParallelCounter(fan_in=4, width=4)
    >>> outputs, _ = counter.run({"streams": [[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1]]})
    >>> outputs["count"][:, 0].tolist()
    [2, 2, 4]
    """

    fan_in: int
    width: int

    def __post_init__(self) -> None:
        kind = "ApproximateParallelCounter"
        fan_in = check_integer(f"{kind} fan_in", self.fan_in, 4, 1 << 16)
        if fan_in % 2:
            raise ValueError(f"{kind} fan_in must be even, not {fan_in}")
        name = f"{kind} width with {fan_in} streams"
        self._set(fan_in=fan_in, width=check_integer(name, self.width, fan_in.bit_length(), 48))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("streams", count=self.fan_in, meaning="streams to add"),
            Port.output(
                "count", self.fan_in.bit_length(), meaning="approximate number of ones now"
            ),
            Port.output("total", self.width, meaning="sum of the counts of earlier cycles"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="total", width=self.width),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        bits = inputs["streams"]
        count = 0
        for i, (a, b) in enumerate(zip(bits[::2], bits[1::2], strict=True)):
            count += 2 * (a & b if i % 2 else a | b)
        total = registers["total"]
        after = min(total + count, (1 << self.width) - 1)
        return {"total": after}, {"count": count, "total": total}

    def _packed(self, words, inputs, length):
        streams = np.broadcast_arrays(*inputs["streams"])
        pairs = [
            a & b if i % 2 else a | b
            for i, (a, b) in enumerate(zip(streams[::2], streams[1::2], strict=True))
        ]
        counts = 2 * count_streams(pairs, length)
        return {"count": counts, "total": totals_before(counts, self.width)}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        streams = inputs["streams"]
        lanes = streams.shape[1] // self.fan_in
        pairs = streams.reshape(len(streams), lanes, self.fan_in // 2, 2)
        a, b = pairs[..., 0], pairs[..., 1]
        ones = (a | b)[..., ::2].sum(axis=2) + (a & b)[..., 1::2].sum(axis=2)
        outputs["count"][:] = 2 * ones
        last = (1 << self.width) - 1
        accumulate(enable, outputs["count"], last, registers["total"], outputs["total"])
