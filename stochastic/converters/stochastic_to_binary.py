"""Stochastic-to-binary converter: a counter over windows of fixed length."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

__all__ = ["StochasticToBinary"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StochasticToBinary(Circuit):
    """Stochastic-to-binary converter: counts the ones of each window of N bits.

    Parameters
    ----------
    length : int
        Cycles in a window, N, 1..2^32.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Value of the count c: x = c / N; x = 2 c / N - 1; or, signed, x = c / N. The first two
        are the same hardware.
    range : int
        Largest value m of the stream, 1..65535: 1 for a binary stream, more for an integral
        stream of m binary streams. The values above are then those of x / m.

    Notes
    -----
    Ports: ``stream``, 0..m; with sign-magnitude also ``stream_sign``, 1 for negative;
    ``count``, the sum over the window so far; ``result``, the sum over the last whole window;
    ``valid``, 1 where ``result`` is new. A window of all ones is counted in full: the largest
    result is m N inclusive. Counts are unsigned, with sign-magnitude two's complement.

    Latency 1. Windows follow each other without a gap. The first window is the N enabled
    cycles after reset. The cycle in which ``valid`` is 1 is the first of the next window, and
    ``count`` is 0 in it. ``valid`` is 1 for one enabled cycle, and keeps its value while
    ``enable`` is 0. Only ``rst`` restarts a window; it clears all registers.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; integral streams from
    A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral Stochastic
    Computing", IEEE Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import StochasticToBinary
    >>> outputs, _ = StochasticToBinary(length=3).run({"stream": [1, 1, 1, 0, 1, 0, 0]})
    >>> outputs["count"][:, 0].tolist()
    [0, 1, 2, 0, 0, 1, 0]
    >>> outputs["valid"][:, 0].tolist()
    [0, 0, 0, 1, 0, 0, 1]
    >>> outputs["result"][:, 0].tolist()
    [0, 0, 0, 3, 3, 3, 1]
    """

    length: int
    encoding: str = "unipolar"
    range: int = 1

    def __post_init__(self) -> None:
        name = "StochasticToBinary"
        check_choice(
            f"{name} encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude")
        )
        self._set(
            length=check_integer(f"{name} length", self.length, 1, 1 << 32),
            range=check_integer(f"{name} range", self.range, 1, 65535),
        )

    @property
    def _signed(self) -> bool:
        return self.encoding == "sign-magnitude"

    @property
    def _width(self) -> int:
        """Bits of a count."""
        return (self.range * self.length).bit_length() + int(self._signed)

    @property
    def ports(self) -> tuple[Port, ...]:
        signed = self._signed
        stream = Port.input(
            "stream", self.range.bit_length(), maximum=self.range, meaning="stream to count"
        )
        most = self.range * self.length
        sums = {"signed": signed, "minimum": -most if signed else 0, "maximum": most}
        sign = Port.input("stream_sign", meaning="sign of the stream, 1 for -")
        return (
            *((stream, sign) if signed else (stream,)),
            Port.output("count", self._width, meaning="sum of the window so far", **sums),
            Port.output("result", self._width, meaning="sum of the last window", **sums),
            Port.output("valid", meaning="1 in the cycle after the end of a window"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        width, signed = self._width, self._signed
        return (
            Register.counting("cycle", self.length - 1),
            Register(name="count", width=width, signed=signed),
            Register(name="result", width=width, signed=signed),
            Register(name="valid", width=1),
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = {name: registers[name] for name in ("count", "result", "valid")}
        sign = -1 if self._signed and inputs["stream_sign"] else 1
        count = registers["count"] + sign * inputs["stream"]
        cycle = registers["cycle"] + 1
        if cycle == self.length:
            return {"cycle": 0, "count": 0, "result": count, "valid": 1}, shown
        result = registers["result"]
        return {"cycle": cycle, "count": count, "result": result, "valid": 0}, shown

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        stream = inputs["stream"]
        if self._signed:
            stream = np.where(inputs["stream_sign"], -stream, stream)
        _count(
            enable,
            stream,
            self.length,
            *(registers[name] for name in ("cycle", "count", "result", "valid")),
            *(outputs[name] for name in ("count", "result", "valid")),
        )


@compiled
def _count(
    enable, stream, length, cycle, count, result, valid, count_out, result_out, valid_out
):
    cycles, lanes = stream.shape
    for t in range(cycles):
        count_out[t] = count
        result_out[t] = result
        valid_out[t] = valid
        if not enable[t]:
            continue
        for lane in range(lanes):
            count[lane] += stream[t, lane]
            cycle[lane] += 1
            valid[lane] = 0
            if cycle[lane] == length:
                result[lane] = count[lane]
                valid[lane] = 1
                count[lane] = 0
                cycle[lane] = 0
