"""Sigma-delta encoder: the remainder of each bit goes into the next."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer

__all__ = ["SigmaDeltaEncoder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SigmaDeltaEncoder(Circuit):
    """Sigma-delta encoder: an accumulator whose carry is the stream.

    It needs no generator, and its streams have the smallest possible error.

    Parameters
    ----------
    width : int
        n, 1..32: the accumulator has n bits.
    initial : int
        The accumulator after reset, 0..2^n - 1; 2^(n-1) rounds the count to the nearest.

    Notes
    -----
    Ports: ``code``, 0..2^n inclusive, hence n + 1 bits, and ``stream``, one bit. With A the
    accumulator each cycle shows ``stream = (A + code >= 2^n)``, then sets A to the lower n
    bits of the sum. Latency 0. The code may change in every cycle.

    The ones of the first T bits are ``floor((A_0 + sum of the codes) / 2^n)`` exactly, so
    the error of the value is less than 1 / T at any time. The stream is periodic: two of them
    are correlated in a way that depends on both values, so that a product by AND is wrong in
    general; sums, integrators and counters take such streams well.

    Source: first-order sigma-delta modulation; as streams of stochastic circuits in S. Liu,
    W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing", IEEE Circuits and
    Systems Magazine 20(3), 2020.

    Examples
    --------
    >>> from stochastic import SigmaDeltaEncoder
    >>> encoder = SigmaDeltaEncoder(width=3)
    >>> encoder.run({"code": [3] * 8})[0]["stream"][:, 0].tolist()
    [0, 0, 1, 0, 0, 1, 0, 1]
    """

    width: int
    initial: int = 0

    def __post_init__(self) -> None:
        width = check_integer("SigmaDeltaEncoder width", self.width, 1, 32)
        initial = check_integer("SigmaDeltaEncoder initial", self.initial, 0, (1 << width) - 1)
        self._set(width=width, initial=initial)

    @property
    def ports(self) -> tuple[Port, ...]:
        meaning = "2^width times the share of ones"
        code = Port.input("code", self.width + 1, maximum=1 << self.width, meaning=meaning)
        return code, Port.output("stream", meaning="stream of the code")

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="remainder", width=self.width, reset=self.initial),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        stream, remainder = divmod(registers["remainder"] + inputs["code"], 1 << self.width)
        return {"remainder": remainder}, {"stream": stream}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        remainder = registers["remainder"]
        codes = inputs["code"]
        added = np.where(enable[:, None], codes, 0)
        before = remainder + np.cumsum(added, axis=0) - added
        low = (1 << self.width) - 1
        outputs["stream"][:] = ((before & low) + codes) >> self.width
        remainder[:] = (remainder + added.sum(axis=0)) & low
