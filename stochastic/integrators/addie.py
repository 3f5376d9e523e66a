"""ADDIE: a stochastic integrator that follows its input."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Port

from .integrator import Integrator

__all__ = ["Addie"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Addie(Integrator):
    """ADDIE (adaptive digital element): the exponential moving average of a stream.

    A stochastic integrator whose own stream is fed back to its decrement input.

    Parameters
    ----------
    width : int
        Bits of the fraction, n, 1..32: the time constant is 2^n cycles.
    generator : Generator
        The generator inside, of width n, independent of the one that made the input.
    initial : int
        The counter's value after reset, 0..2^n inclusive, or 0..2^n - 1 without full scale.
    full_scale : bool
        Whether the counter ends at 2^n, so that 1.0 is exact and the counter has n + 1 bits,
        or at 2^n - 1 in n bits, as in the paper.

    Notes
    -----
    Ports: ``stream_in`` and ``stream``, one bit each, and ``value``, the counter C. With A the
    input and R the generator's word, each cycle shows ``stream = R < C``, then sets
    ``C = C + A - (R < C)``. At full scale neither end can be passed; without it C saturates
    at 2^n - 1.

    Latency 1 from the input to both outputs. After reset C is `initial`.

    With an input of mean p and independent words, the mean of c = C / 2^n goes to p as
    ``p - (p - c_0) (1 - 2^-n)^k`` in cycle k: the moving average with beta = 1 - 2^-n. In the
    steady state C is binomial, B(2^n, p), so c has variance p (1 - p) / 2^n.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equations (3) and (7); the circuit is of
    B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import Addie, Counter
    >>> addie = Addie(width=1, generator=Counter(width=1))
    >>> outputs, _ = addie.run({"stream_in": [1, 1, 1, 0, 0, 0]})
    >>> outputs["value"][:, 0].tolist()
    [0, 1, 2, 2, 1, 0]
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        stream, value = super().ports[2:]
        return (Port.input("stream_in"), stream, value)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        stream = int(words[0] < registers["value"])
        return super().step(registers, words, increment=inputs["stream_in"], decrement=stream)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        # One array is both the output and the decrement input: the feedback wire.
        wires = {"increment": inputs["stream_in"], "decrement": outputs["stream"]}
        super()._kernel(enable, words, wires, registers, outputs)
