"""Binary-to-integral-stream converter (B2IS)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, check_choice
from fixedpoint.circuit.checks import shown

from ..generators.generator import Generator, check_different, check_generator
from .integral_port import ENCODINGS, check_range, integral_port

__all__ = ["IntegralSng"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralSng(Circuit):
    """Binary-to-integral-stream converter: m comparators and an adder.

    Parameters
    ----------
    stream_generators : tuple of Generator
        Independent generators of one width n, one for each of the m binary streams.
    encoding : {"unipolar", "bipolar"}

    Notes
    -----
    Ports: ``code``, 0..2^n inclusive, the code of s / m for each binary stream; and
    ``value``. With C the number of words below the code, the integer is C (unipolar, 0..m)
    or 2 C - m (bipolar, -m..m). Latency 0.

    The mean of N integers has the variance ``m p (1 - p) / N`` (unipolar), with p the
    probability of a one. It is as accurate as a binary stream of length m N, scaled by m.
    One shared generator would give the variance ``m^2 p (1 - p) / N`` instead, so equal
    sequences are refused.

    Source: A. Ardakani, F. Leduc-Primeau, N. Onizawa, T. Hanyu and W. J. Gross, "VLSI
    Implementation of Deep Neural Network Using Integral Stochastic Computing", IEEE
    Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import Counter, IntegralSng
    >>> pair = Counter(width=2), Counter(width=2, direction="down")
    >>> outputs, _ = IntegralSng(stream_generators=pair).run({"code": [2, 2, 2, 2]})
    >>> outputs["value"][:, 0].tolist()
    [1, 1, 1, 1]
    """

    stream_generators: tuple[Generator, ...]
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        if not isinstance(self.stream_generators, tuple) or not self.stream_generators:
            raise TypeError(
                f"IntegralSng stream_generators must be a tuple of at least one generator, "
                f"not {shown(self.stream_generators)}"
            )
        check_range("IntegralSng number of generators", len(self.stream_generators))
        width = check_generator("IntegralSng generator", self.stream_generators[0]).width
        for generator in self.stream_generators:
            check_generator("IntegralSng generator", generator, width)
        for pair in combinations(self.stream_generators, 2):
            check_different("IntegralSng", *pair)
        check_choice("IntegralSng encoding", self.encoding, ENCODINGS)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.stream_generators

    @property
    def range(self) -> int:
        """The number of binary streams, m."""
        return len(self.stream_generators)

    @property
    def ports(self) -> tuple[Port, ...]:
        n = self.stream_generators[0].width
        return (
            Port.input(
                "code", n + 1, maximum=1 << n, meaning="code of the value over the range"
            ),
            integral_port("value", "out", self.range, self.encoding, meaning="integral stream"),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        count = sum(word < inputs["code"] for word in words)
        bipolar = self.encoding == "bipolar"
        return registers, {"value": 2 * count - self.range if bipolar else count}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        code, integer = inputs["code"], outputs["value"]
        integer[:] = 0
        for word in words:
            integer += word.astype(np.int64)[:, None] < code
        if self.encoding == "bipolar":
            integer *= 2
            integer -= self.range
