"""The label with the largest sum."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

__all__ = ["IntegralArgmax", "move_argmax"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralArgmax(Circuit):
    """The number of the largest of J sums, which enter P at a time.

    Parameters
    ----------
    classes : int
        J, 2..65536.
    parallel : int
        P, a divisor of J, at most 256.
    limit : int
        Largest magnitude of a sum, 1..2^40.

    Notes
    -----
    Ports: ``input_valid`` and ``sums``, P integers, with ``input_ready`` out;
    ``output_valid``, ``label`` and ``largest`` with ``output_ready`` in. After J / P beats the
    output is valid: the largest sum and its number, that of the first if several are equal.

    Registers: ``turn``, the number of the next beat; ``largest``; ``label``; ``full``, which
    is ``output_valid`` and the inverse of ``input_ready``. Latency 1. After reset all are 0.

    Examples
    --------
    >>> from stochastic import IntegralArgmax
    >>> unit = IntegralArgmax(classes=4, parallel=2, limit=9)
    >>> beats = {"input_valid": [1, 1, 0], "output_ready": [0, 0, 1]}
    >>> outputs, _ = unit.run({**beats, "sums": [[-3, 5], [5, 2], [0, 0]]})
    >>> [outputs[name][2, 0].item() for name in ("output_valid", "label", "largest")]
    [1, 1, 5]
    """

    classes: int
    parallel: int
    limit: int

    def __post_init__(self) -> None:
        classes = check_integer("IntegralArgmax classes", self.classes, 2, 1 << 16)
        parallel = check_integer("IntegralArgmax parallel", self.parallel, 1, min(classes, 256))
        if classes % parallel:
            raise ValueError(f"IntegralArgmax parallel must divide {classes}, not {parallel}")
        limit = check_integer("IntegralArgmax limit", self.limit, 1, 1 << 40)
        self._set(classes=classes, parallel=parallel, limit=limit)

    @property
    def _sum(self) -> dict[str, Any]:
        """Attributes of a port or register for a sum."""
        return {"width": self.limit.bit_length() + 1, "signed": True}

    @property
    def ports(self) -> tuple[Port, ...]:
        low, high = -self.limit, self.limit
        limits: dict[str, Any] = {**self._sum, "minimum": low, "maximum": high}
        width = (self.classes - 1).bit_length()
        return (
            Port.input("input_valid", meaning="a beat is offered"),
            Port.input("sums", count=self.parallel, meaning="sums", **limits),
            Port.input("output_ready", meaning="the output can be taken"),
            Port.output("input_ready", meaning="a beat can be taken"),
            Port.output("output_valid", meaning="an output is offered"),
            Port.output(
                "label", width, maximum=self.classes - 1, meaning="number of the largest sum"
            ),
            Port.output("largest", meaning="largest sum", **limits),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        turns = self.classes // self.parallel
        return (
            Register.counting("turn", turns - 1),
            Register(name="largest", **self._sum),
            Register.counting("label", self.classes - 1),
            Register(name="full", width=1),
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        full, turn = registers["full"], registers["turn"]
        outputs = {
            "input_ready": 1 - full,
            "output_valid": full,
            "label": registers["label"],
            "largest": registers["largest"],
        }
        after = dict(registers)
        if full and inputs["output_ready"]:
            after["full"] = 0
        elif not full and inputs["input_valid"]:
            sums = inputs["sums"] if self.parallel > 1 else [inputs["sums"]]
            best = max(sums)
            if turn == 0 or best > registers["largest"]:
                after |= {
                    "largest": best,
                    "label": turn * self.parallel + sums.index(best),
                }
            after["turn"] = (turn + 1) % (self.classes // self.parallel)
            after["full"] = int(after["turn"] == 0)
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run(
            enable,
            self.classes // self.parallel,
            (inputs["input_valid"], inputs["sums"], inputs["output_ready"]),
            tuple(registers[name] for name in ("turn", "largest", "label", "full")),
            tuple(outputs[port.name] for port in self.outputs),
        )


@compiled
def _run(enable, turns, inputs, registers, outputs):
    valid, sums, output_ready = inputs
    input_ready, output_valid, labels, largest = outputs
    parallel = sums.shape[1] // max(1, valid.shape[1])
    for lane in range(valid.shape[1]):
        part = slice(lane * parallel, (lane + 1) * parallel)
        for t in range(len(enable)):
            input_ready[t, lane] = 1 - registers[3][lane]
            output_valid[t, lane] = registers[3][lane]
            labels[t, lane] = registers[2][lane]
            largest[t, lane] = registers[1][lane]
            if enable[t]:
                move_argmax(
                    lane, valid[t, lane], sums[t, part], output_ready[t, lane], turns, registers
                )


@compiled
def move_argmax(lane, valid, sums, output_ready, turns, registers):
    """Change the registers at the end of an enabled cycle."""
    turn, largest, label, full = registers
    if full[lane]:
        if output_ready:
            full[lane] = 0
    elif valid:
        for p in range(sums.size):
            if (turn[lane] == 0 and p == 0) or sums[p] > largest[lane]:
                largest[lane] = sums[p]
                label[lane] = turn[lane] * sums.size + p
        turn[lane] = (turn[lane] + 1) % turns
        full[lane] = turn[lane] == 0
