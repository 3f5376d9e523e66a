"""Encoder of many numbers as streams, one group at a time."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator

__all__ = ["IntegralEncoder", "move_encoder", "show_encoder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralEncoder(Circuit):
    """Encoder of Q numbers as streams of N bits with one generator.

    Parameters
    ----------
    generator : Generator
        Generator of n-bit words that all numbers share. It starts again with each group.
    group : int
        Numbers Q that enter as one beat, 1..4096.
    length : int
        Cycles N of a stream, 2..65536.

    Notes
    -----
    Ports: ``input_valid`` and ``codes``, Q unipolar codes 0..2^n, with ``input_ready`` out;
    ``output_valid`` and ``bits``, Q bits, with ``output_ready`` in. After each beat that
    enters, N beats leave: bit t of a number is 1 if word t of the generator is below its
    code.

    Registers: ``held``, the codes; ``running``, which is ``output_valid`` and the inverse of
    ``input_ready``; ``time``, the cycle within N. Latency 1. After reset the encoder is empty.

    Examples
    --------
    >>> from stochastic import Counter, IntegralEncoder
    >>> unit = IntegralEncoder(generator=Counter(width=2), group=2, length=4)
    >>> beats = {"input_valid": [1] * 5, "output_ready": [1] * 5}
    >>> outputs, _ = unit.run({**beats, "codes": [[1, 3]] * 5})
    >>> outputs["bits"][1:].tolist()
    [[1, 1], [0, 1], [0, 1], [0, 0]]
    """

    generator: Generator
    group: int
    length: int = 256

    def __post_init__(self) -> None:
        check_generator("IntegralEncoder generator", self.generator)
        self._set(
            group=check_integer("IntegralEncoder group", self.group, 1, 4096),
            length=check_integer("IntegralEncoder length", self.length, 2, 1 << 16),
        )

    @functools.cached_property
    def words(self) -> NDArray[np.int64]:
        """The words of the N cycles."""
        return self.generator.words(self.length).astype(np.int64)

    @property
    def _code(self) -> dict[str, Any]:
        """Attributes of a port or register for the codes."""
        return {"width": self.generator.width + 1, "count": self.group}

    @property
    def ports(self) -> tuple[Port, ...]:
        largest = 1 << self.generator.width
        return (
            Port.input("input_valid", meaning="a beat is offered"),
            Port.input("codes", maximum=largest, meaning="unipolar codes", **self._code),
            Port.input("output_ready", meaning="the output can be taken"),
            Port.output("input_ready", meaning="a beat can be taken"),
            Port.output("output_valid", meaning="an output is offered"),
            Port.output("bits", count=self.group, meaning="one bit of each stream"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(name="held", **self._code),
            Register(name="running", width=1),
            Register.counting("time", self.length - 1),
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        held, running, time = (registers[name] for name in ("held", "running", "time"))
        word = self.words[time]
        bits: Any = [int(word < code) for code in (held if self.group > 1 else [held])]
        bits = bits if self.group > 1 else bits[0]
        outputs = {"input_ready": 1 - running, "output_valid": running, "bits": bits}
        after = dict(registers)
        if running and inputs["output_ready"]:
            after["time"] = (time + 1) % self.length
            after["running"] = int(after["time"] > 0)
        elif not running and inputs["input_valid"]:
            after |= {"held": inputs["codes"], "running": 1}
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run(
            enable,
            self.words,
            (inputs["input_valid"], inputs["codes"], inputs["output_ready"]),
            (registers["held"], registers["running"], registers["time"]),
            (outputs["input_ready"], outputs["output_valid"], outputs["bits"]),
        )


@compiled
def _run(enable, words, inputs, registers, outputs):
    valid, codes, output_ready = inputs
    input_ready, output_valid, bits = outputs
    group = codes.shape[1] // max(1, valid.shape[1])
    for lane in range(valid.shape[1]):
        part = slice(lane * group, (lane + 1) * group)
        for t in range(len(enable)):
            running = registers[1][lane]
            input_ready[t, lane] = 1 - running
            output_valid[t, lane] = running
            show_encoder(lane, words, registers, bits[t, part])
            if enable[t]:
                move_encoder(
                    lane,
                    valid[t, lane],
                    codes[t, part],
                    output_ready[t, lane],
                    words,
                    registers,
                )


@compiled
def show_encoder(lane, words, registers, bits):
    """Write the bits of a cycle."""
    held, _, times = registers
    word, group = words[times[lane]], bits.size
    for k in range(group):
        bits[k] = word < held[lane * group + k]


@compiled
def move_encoder(lane, valid, codes, output_ready, words, registers):
    """Change the registers at the end of an enabled cycle."""
    held, runnings, times = registers
    if runnings[lane]:
        if output_ready:
            times[lane] = (times[lane] + 1) % words.size
            runnings[lane] = times[lane] > 0
    elif valid:
        group = codes.size
        held[lane * group : (lane + 1) * group] = codes
        runnings[lane] = 1
