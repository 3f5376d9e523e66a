"""Division of an integral stream by a power of two."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

from .integral_port import ENCODINGS, check_range, integral_port

__all__ = ["IntegralScaler"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralScaler(Circuit):
    """Division of an integral stream by 2^k: what does not divide is carried to the next cycle.

    Parameters
    ----------
    range : int
        Range m of the stream.
    shift : int
        k, 1..16.
    encoding : {"unipolar", "bipolar"}

    Notes
    -----
    Ports: ``value``, and ``scaled``, of range ``ceil(m / 2^k)``. Register ``remainder``,
    0..2^k - 1. The output is the input plus the remainder, divided by 2^k and rounded down;
    the new remainder is what is left over. Latency 0. The remainder is 0 after reset.

    After any number of cycles the sum of all outputs is the sum of all inputs, divided by 2^k
    and rounded down: nothing is lost, unlike with a multiplexer that selects streams.

    Source: the scaling by a carried remainder is that of the toggle adder of V. T. Lee et
    al., "Energy-Efficient Hybrid Stochastic-Binary Neural Networks for Near-Sensor
    Computing", DATE 2017; its use for integers is a choice of this library.

    Examples
    --------
    >>> from stochastic import IntegralScaler
    >>> unit = IntegralScaler(range=3, shift=1)
    >>> unit.run({"value": [1, 1, 3, 3, 0]})[0]["scaled"][:, 0].tolist()
    [0, 1, 1, 2, 0]
    """

    range: int
    shift: int
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        self._set(
            range=check_range("IntegralScaler range", self.range),
            shift=check_integer("IntegralScaler shift", self.shift, 1, 16),
        )
        check_choice("IntegralScaler encoding", self.encoding, ENCODINGS)

    @property
    def ports(self) -> tuple[Port, ...]:
        smaller = -(-self.range >> self.shift)
        return (
            integral_port("value", "in", self.range, self.encoding, meaning="integer"),
            integral_port("scaled", "out", smaller, self.encoding, meaning="scaled integer"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="remainder", width=self.shift),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        scaled, left = divmod(registers["remainder"] + inputs["value"], 1 << self.shift)
        return {"remainder": left}, {"scaled": scaled}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _scale(enable, inputs["value"], self.shift, registers["remainder"], outputs["scaled"])


@compiled
def _scale(enable, values, shift, remainders, scaled):
    mask = (1 << shift) - 1
    for t in range(values.shape[0]):
        for lane in range(values.shape[1]):
            total = remainders[lane] + values[t, lane]
            scaled[t, lane] = total >> shift
            if enable[t]:
                remainders[lane] = total & mask
