"""Unified non-scaled adder (uNSADD): the sum of K streams, clipped at full scale."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_choice, check_integer

from .carry_adder import CarryAdder

__all__ = ["UnifiedAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class UnifiedAdder(CarryAdder):
    """Unified non-scaled adder (uNSADD): the sum of K streams, clipped at full scale.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..1024.
    encoding : {"unipolar", "bipolar"}
        Encoding of the streams and of the sum.
    width : int
        Bits of the accumulator, which sets how far it saturates, 2..32: at least those of
        2 K for unipolar and one more than those of 2 K for bipolar streams.

    Notes
    -----
    Ports: ``streams``, K elements of one bit, and ``sum``, one bit. In each cycle the
    accumulator S takes the ones of all streams; for bipolar streams ``(K - 1) / 2`` is
    subtracted. If S is 1 or more, the output is 1 and 1 is subtracted. S counts halves for
    bipolar streams: it is two's complement, -2^(width - 1)..2^(width - 1) - 1 halves. For
    unipolar streams it counts ones, 0..2^width - 1. It saturates at both ends. Latency 0;
    after reset S is 0.

    As long as S does not saturate, the ones of the output in L cycles are exactly
    ``C - L k (K - 1) / 2 - S_L``, with C the ones of all streams, k = 0 for unipolar and 1
    for bipolar ones, and S_L what is left in the accumulator. The published law,
    ``clip(C - L k (K - 1) / 2, 0, L)``, is the case S_L = 0. It holds for every coding only
    if unipolar streams bring their ones early. A bipolar sum of streams whose ones come first
    overshoots, because ones that were emitted are not taken back: with K = 2 and both values
    0 the result is 1 / 3. Where the ones are spread evenly S stays near 0.

    Source: D. Wu et al., "uGEMM: Unary Computing Architecture for GEMM Applications", ISCA
    2020, equations (16) to (18); the limits of the accumulator are those of its published
    software, the overshoot is derived here.

    Examples
    --------
    >>> from stochastic import UnifiedAdder
    >>> adder = UnifiedAdder(fan_in=2)
    >>> adder.run({"streams": [[1, 1], [0, 0], [0, 1], [0, 0]]})[0]["sum"][:, 0].tolist()
    [1, 1, 1, 0]
    """

    fan_in: int
    encoding: str = "unipolar"
    width: int = 16

    def __post_init__(self) -> None:
        self._set(fan_in=check_integer("UnifiedAdder fan_in", self.fan_in, 2, 1024))
        check_choice("UnifiedAdder encoding", self.encoding, ("unipolar", "bipolar"))
        bipolar = self.encoding == "bipolar"
        name = f"UnifiedAdder width with {self.fan_in} {self.encoding} streams"
        least = (2 * self.fan_in).bit_length() + bipolar
        self._set(width=check_integer(name, self.width, least, 32))

    @property
    def _halves(self) -> int:
        """Units of the accumulator in a 1."""
        return 2 if self.encoding == "bipolar" else 1

    @property
    def gain(self) -> int:
        return self._halves

    @property
    def offset(self) -> int:
        return self.fan_in - 1 if self.encoding == "bipolar" else 0

    @property
    def cost(self) -> int:
        return self._halves

    @property
    def limits(self) -> tuple[int, int]:
        if self.encoding == "bipolar":
            return -(1 << (self.width - 1)), (1 << (self.width - 1)) - 1
        return 0, (1 << self.width) - 1
