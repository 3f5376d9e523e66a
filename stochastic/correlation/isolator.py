"""Isolator: a delay by flip-flops."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StreamCircuit

__all__ = ["Isolator"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Isolator(StreamCircuit):
    """Isolator: delays a stream by D flip-flops.

    Parameters
    ----------
    cycles : int
        D, 1..32.

    Notes
    -----
    Ports: ``x`` and ``y``, one bit each, of any encoding with one wire. In cycle t ``y`` is x
    of cycle t - D, and 0 in the first D cycles after reset. Latency D.

    A delayed copy is independent of the stream only where the stream has no autocorrelation
    at lag D: for x of independent bits the SCC of x and y is 0 in the mean, and for x from a
    counter it is not. The value changes by at most D / N.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969, who squares a stream with an
    isolating flip-flop.

    Examples
    --------
    >>> from stochastic import Isolator
    >>> Isolator(cycles=2).run({"x": [1, 0, 1, 1]})[0]["y"][:, 0].tolist()
    [0, 0, 1, 0]
    """

    cycles: int = 1

    decorrelates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        name = type(self).__name__
        self._set(cycles=check_integer(f"{name} cycles", self.cycles, 1, 32))

    @property
    def ports(self) -> tuple[Port, ...]:
        return Port.input("x", meaning="stream"), Port.output(
            "y", meaning="the stream, some cycles later"
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="line", width=self.cycles),)

    @property
    def latency(self) -> int:
        return self.cycles

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        line = registers["line"]
        moved = (line << 1 | inputs["x"]) & ((1 << self.cycles) - 1)
        return {"line": moved}, {"y": line >> (self.cycles - 1)}

    def cycle_code(self, code, words, registers, inputs):
        line = registers["line"]
        moved = (line << 1 | inputs["x"]) & ((1 << self.cycles) - 1)
        return {"y": line >> (self.cycles - 1)}, {"line": moved}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        x, y, line, count = inputs["x"], outputs["y"], registers["line"], self.cycles
        places = np.arange(count)[::-1, None]
        moved = np.concatenate([line >> places & 1, x[enable]])
        shown = np.cumsum(enable) - enable
        y[:] = moved[shown]
        line[:] = (moved[len(moved) - count :] << places).sum(axis=0)

    def _packed(self, words, inputs, length):
        x, by = inputs["x"], np.uint64(self.cycles)
        y = x << by
        y[..., 1:] |= x[..., :-1] >> (np.uint64(64) - by)
        return {"y": y}
