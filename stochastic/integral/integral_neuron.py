"""Neuron on integral streams."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, Register, check_integer

from .integral_port import LARGEST_RANGE, check_range, integral_port
from .nstanh import NStanh

__all__ = ["IntegralNeuron"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralNeuron(Circuit):
    """Neuron on integral streams: bits gate the weights, and NStanh follows the sum.

    Parameters
    ----------
    fan_in : int
        Number of inputs, K, at least 1.
    range : int
        Range m of the streams of weights and bias. (K + 1) m is at most 65536.
    states : int
        States of the counter, even, 2..2^20.
    initial : int, optional
        The state after reset, by default half of `states`.
    rule : {">=", ">"}
        As for `NStanh`.

    Notes
    -----
    Ports: ``inputs``, K unipolar bits; ``weights``, K bipolar integers, and ``bias``, a
    bipolar integer, each -m..m; ``y``, one bit. The sum of a cycle is the bias and the
    weights whose input is 1. The counter adds it, as in `NStanh`. Latency 1. After reset the
    counter is at `initial`.

    For a sum of mean s and variance v in each cycle the mean of y is near
    ``1 / (1 + exp(-states s / v))``. The exact mean follows from the stationary law.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017, figure 11.

    Examples
    --------
    >>> from stochastic import IntegralNeuron
    >>> neuron = IntegralNeuron(fan_in=2, range=2, states=8)
    >>> streams = {"inputs": [[1, 0], [1, 1], [0, 0]], "weights": [[-2, 2]] * 3}
    >>> neuron.run({**streams, "bias": [1, 1, 1]})[0]["y"][:, 0].tolist()
    [1, 0, 1]
    """

    fan_in: int
    range: int
    states: int
    initial: int | None = None
    rule: str = ">="

    def __post_init__(self) -> None:
        range_ = check_range("IntegralNeuron range", self.range)
        name = f"IntegralNeuron fan_in of range {range_}"
        fan_in = check_integer(name, self.fan_in, 1, LARGEST_RANGE // range_ - 1)
        self._set(range=range_, fan_in=fan_in)
        self._set(initial=self.counter.initial)

    @functools.cached_property
    def counter(self) -> NStanh:
        """The counter behind the sum."""
        return NStanh(
            states=self.states,
            range=(self.fan_in + 1) * self.range,
            initial=self.initial,
            rule=self.rule,
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        m = self.range
        return (
            Port.input("inputs", count=self.fan_in, meaning="input bits, unipolar"),
            integral_port("weights", "in", m, "bipolar", self.fan_in, "weights"),
            integral_port("bias", "in", m, "bipolar", meaning="bias"),
            Port.output("y", meaning="output bit"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return self.counter.registers

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        bits, weights = inputs["inputs"], inputs["weights"]
        if self.fan_in == 1:
            bits, weights = [bits], [weights]
        gated = (w for w, bit in zip(weights, bits, strict=True) if bit)
        return self.counter.step(registers, words, value=inputs["bias"] + sum(gated))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        bias = inputs["bias"]
        gated = (inputs["inputs"] * inputs["weights"]).reshape(*bias.shape, self.fan_in)
        sums = {"value": bias + gated.sum(axis=2)}
        self.counter._kernel(enable, words, sums, registers, outputs)
