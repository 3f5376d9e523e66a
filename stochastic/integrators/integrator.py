"""Stochastic integrator: an up/down counter with a comparator."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, Register, check_flag, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator

__all__ = ["Integrator"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Integrator(StreamCircuit):
    """Stochastic integrator: a saturating up/down counter whose value is a stream again.

    Parameters
    ----------
    width : int
        Bits of the fraction, n, 1..32: one step is 2^-n.
    generator : Generator
        The generator inside, of width n.
    initial : int
        The counter's value after reset, 0..2^n inclusive, or 0..2^n - 1 without full scale.
    full_scale : bool
        Whether the counter ends at 2^n, so that 1.0 is exact and the counter has n + 1 bits,
        or at 2^n - 1 in n bits, as in the paper.

    Notes
    -----
    Ports: ``increment``, ``decrement`` and ``stream``, one bit each, and ``value``, the
    counter C. With A, B the two inputs and R the generator's word, each cycle shows
    ``stream = R < C``, then sets ``C = C + A - B``, held at 0 and at the upper end. Where A
    and B are both 1 the counter stays, at its ends too.

    Latency 1 from the inputs to both outputs. After reset C is `initial`.

    The mean of the stream is c = C / 2^n, and c_k = c_0 + 2^-n sum_{i<k} (A_i - B_i) as long
    as the counter does not reach an end.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equations (1) and (2). The paper leaves
    open what the counter does at its ends; that it saturates is the rule of this library.

    Examples
    --------
    >>> from stochastic import Counter, Integrator
    >>> integrator = Integrator(width=1, generator=Counter(width=1), initial=1)
    >>> streams = {"increment": [1, 1, 0, 0, 0], "decrement": [0, 0, 1, 1, 1]}
    >>> outputs, _ = integrator.run(streams)
    >>> outputs["value"][:, 0].tolist()
    [1, 2, 2, 1, 0]
    >>> outputs["stream"][:, 0].tolist()
    [1, 1, 1, 0, 0]
    """

    width: int
    generator: Generator
    initial: int = 0
    full_scale: bool = True

    def __post_init__(self) -> None:
        name = type(self).__name__
        width = check_integer(f"{name} width", self.width, 1, 32)
        check_generator(f"{name} generator", self.generator, width)
        check_flag(f"{name} full_scale", self.full_scale)
        initial = check_integer(f"{name} initial", self.initial, 0, self.maximum)
        self._set(width=width, initial=initial)

    @property
    def maximum(self) -> int:
        """The counter's upper end."""
        return (1 << self.width) - (not self.full_scale)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("increment"),
            Port.input("decrement"),
            Port.output("stream"),
            Port.output("value", self.maximum.bit_length()),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="value", width=self.maximum.bit_length(), reset=self.initial),)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        value = registers["value"]
        moved = value + inputs["increment"] - inputs["decrement"]
        outputs = {"stream": int(words[0] < value), "value": value}
        return {"value": max(0, min(moved, self.maximum))}, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _integrate(
            enable,
            words[0],
            inputs["increment"],
            inputs["decrement"],
            self.maximum,
            registers["value"],
            outputs["stream"],
            outputs["value"],
        )


@compiled
def _integrate(enable, words, increment, decrement, maximum, value, stream, value_out):
    # `decrement` may be `stream` itself, the feedback of the ADDIE: so each cycle's outputs
    # are written before its inputs are read.
    cycles, lanes = increment.shape
    for t in range(cycles):
        word = np.int64(words[t])
        for lane in range(lanes):
            stream[t, lane] = word < value[lane]
            value_out[t, lane] = value[lane]
        if enable[t]:
            for lane in range(lanes):
                moved = value[lane] + increment[t, lane] - decrement[t, lane]
                value[lane] = max(0, min(moved, maximum))
