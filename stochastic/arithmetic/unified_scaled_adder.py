"""Unified scaled adder (uSADD): the mean of K streams, exact to one bit."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_choice, check_integer

from .carry_adder import CarryAdder

__all__ = ["UnifiedScaledAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class UnifiedScaledAdder(CarryAdder):
    """Unified scaled adder (uSADD): a parallel counter whose carries over K are the mean.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..1024.
    encoding : {"unipolar", "bipolar"}
        Encoding of the streams and of the sum. The hardware is the same.

    Notes
    -----
    Ports: ``streams``, K elements of one bit, and ``sum``, one bit: the stream of the mean.
    In each cycle the ones of all streams are added to the accumulator. If it holds K or more,
    the output is 1 and K is subtracted. Latency 0; after reset the accumulator is 0, and it
    never exceeds K - 1.

    Up to every cycle the output has ``floor(C / K)`` ones, with C the ones of all streams. In
    L cycles the value is therefore too small by 0 to ``m (K - 1) / (L K)``, with m = 1 for
    unipolar and 2 for bipolar streams. The bound does not depend on how the streams are coded
    or correlated, and it is attained.

    Source: D. Wu et al., "uGEMM: Unary Computing Architecture for GEMM Applications", ISCA
    2020, equations (11) to (15).

    Examples
    --------
    >>> from stochastic import UnifiedScaledAdder
    >>> adder = UnifiedScaledAdder(fan_in=3)
    >>> adder.run({"streams": [[1, 1, 0], [1, 0, 0], [0, 1, 1]]})[0]["sum"][:, 0].tolist()
    [0, 1, 0]
    """

    fan_in: int
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        name = "UnifiedScaledAdder"
        self._set(fan_in=check_integer(f"{name} fan_in", self.fan_in, 2, 1024))
        check_choice(f"{name} encoding", self.encoding, ("unipolar", "bipolar"))

    @property
    def cost(self) -> int:
        return self.fan_in

    @property
    def limits(self) -> tuple[int, int]:
        return 0, 2 * self.fan_in - 1
