"""Hard hyperbolic tangent by a counter that pays for its output."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from fixedpoint.circuit import check_integer

from ..arithmetic.carry_adder import CarryAdder

__all__ = ["HardTanh"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HardTanh(CarryAdder):
    """Hard tanh, clip(g x, -1, 1): a counter gains g for each bit and pays 1 for its output.

    Parameters
    ----------
    gain_factor : int
        g, 1..64.
    width : int
        Bits of the counter, 3..32, at least two more than those of g.

    Notes
    -----
    Ports: ``x`` and ``y``, bipolar, one bit each. The counter S takes ``g`` where x is 1 and
    ``-g`` where it is 0. If that makes it 1 or more, y is 1 and 1 is subtracted; else y is 0
    and 1 is added. S is two's complement of `width` bits. It saturates at the lower end, and at
    2 below the upper end, where it has paid. After reset it is 0. Latency 0.

    As long as S does not saturate, the sum of the output's bits, of -1 and 1, is g times that
    of the input minus S, up to every cycle. If bits are independent and ``abs(g x) < 1``, the
    mean of y is g x exactly, less what saturation takes; outside it is -1 or 1.

    `LinearGain` has a gain that is not an integer, set by a second stream.

    Source: the non-scaled adder of D. Wu et al., "uGEMM: Unary Computing Architecture for
    GEMM Applications", ISCA 2020, with g equal streams.

    Examples
    --------
    >>> from stochastic import HardTanh
    >>> outputs, _ = HardTanh(gain_factor=2).run({"x": [1, 1, 0, 0, 0, 1]})
    >>> outputs["y"][:, 0].tolist()
    [1, 1, 0, 0, 0, 1]
    """

    gain_factor: int
    width: int = 8

    fan_in: ClassVar[int] = 1  # type: ignore[misc]
    stream_input: ClassVar[str] = "x"
    stream_output: ClassVar[str] = "y"
    input_meaning: ClassVar[str] = "bipolar stream"
    output_meaning: ClassVar[str] = "bipolar stream of the clipped multiple"

    def __post_init__(self) -> None:
        factor = check_integer("HardTanh gain_factor", self.gain_factor, 1, 64)
        name = f"HardTanh width with a gain of {factor}"
        width = check_integer(name, self.width, factor.bit_length() + 2, 32)
        self._set(gain_factor=factor, width=width)

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "bipolar"}

    @property
    def gain(self) -> int:
        return 2 * self.gain_factor

    @property
    def offset(self) -> int:
        # A cycle without a 1 takes g, and pays the -1 of an output of 0 in advance.
        return self.gain_factor - 1

    @property
    def cost(self) -> int:
        return 2

    @property
    def limits(self) -> tuple[int, int]:
        return -(1 << (self.width - 1)), (1 << (self.width - 1)) - 1
