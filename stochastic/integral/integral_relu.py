"""Rectifier of an integral stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from .integral_port import check_range, integral_port

__all__ = ["IntegralReLU"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralReLU(Circuit):
    """Rectifier of a bipolar integral stream: it passes while its sum so far is not negative.

    Parameters
    ----------
    range : int
        Range m of the stream.
    counter_bits : int
        Bits of the saturating sum, 2..32, two's complement.

    Notes
    -----
    Ports: ``value`` and ``rectified``, bipolar integers -m..m. Register ``total``. The output
    is the input where the sum of all inputs before it is 0 or more, else 0. The sum saturates
    at both ends. Latency 0. The sum is 0 after reset.

    For inputs of mean s the mean of the output tends to max(s, 0), because the sum drifts to
    the end of its range that has the sign of s. Near s = 0 it lies above by about the
    probability of the wrong sign times s. This is `IntegralMaximum` of a stream and of a
    stream of zeros, with one sum in place of two.

    Source: the structure follows the rectifier of A. Ren et al., "SC-DCNN: Highly-Scalable
    Deep Convolutional Neural Network using Stochastic Computing", ASPLOS 2017; the sum of
    integers is a choice of this library.

    Examples
    --------
    >>> from stochastic import IntegralReLU
    >>> unit = IntegralReLU(range=3)
    >>> unit.run({"value": [-2, -1, 3, 2, 1]})[0]["rectified"][:, 0].tolist()
    [-2, 0, 0, 2, 1]
    """

    range: int
    counter_bits: int = 8

    def __post_init__(self) -> None:
        bits = check_integer("IntegralReLU counter_bits", self.counter_bits, 2, 32)
        self._set(range=check_range("IntegralReLU range", self.range), counter_bits=bits)

    @property
    def limit(self) -> int:
        """The largest sum; the smallest is ``-limit - 1``."""
        return (1 << (self.counter_bits - 1)) - 1

    @property
    def ports(self) -> tuple[Port, ...]:
        m = self.range
        return (
            integral_port("value", "in", m, "bipolar", meaning="bipolar integer"),
            integral_port("rectified", "out", m, "bipolar", meaning="the integer, or 0"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="total", width=self.counter_bits, signed=True),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        total, value = registers["total"], inputs["value"]
        moved = max(-self.limit - 1, min(total + value, self.limit))
        return {"total": moved}, {"rectified": value if total >= 0 else 0}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _rectify(enable, inputs["value"], self.limit, registers["total"], outputs["rectified"])


@compiled
def _rectify(enable, values, limit, totals, rectified):
    for t in range(values.shape[0]):
        for lane in range(values.shape[1]):
            total, value = totals[lane], values[t, lane]
            rectified[t, lane] = value if total >= 0 else 0
            if enable[t]:
                totals[lane] = max(np.int64(-limit - 1), min(total + value, np.int64(limit)))
