"""A table of tanh: what a counter of states saves."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from amaranth.hdl import Module

import rtl
from fixedpoint.circuit import Circuit, Port, check_integer

__all__ = ["TanhTable"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TanhTable(Circuit):
    """Table of tanh(gain x / 2) for x in [-1, 1), with codes of two's complement.

    Parameters
    ----------
    width : int
        Bits of address and of output, 2..10.
    gain : int
        Steepness, 1..1024.

    Notes
    -----
    Ports: ``x`` to ``y``, codes of `width` bits that stand for code / 2^(width - 1). Latency 0,
    no state.
    """

    width: int
    gain: int

    def __post_init__(self) -> None:
        check_integer("TanhTable width", self.width, 2, 10)
        check_integer("TanhTable gain", self.gain, 1, 1024)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("x", self.width, signed=True, meaning="argument"),
            Port.output("y", self.width, signed=True, meaning="its hyperbolic tangent"),
        )

    @property
    def table(self) -> list[int]:
        """The output codes, for the arguments from the smallest to the largest."""
        half = 1 << (self.width - 1)
        values = (math.tanh(self.gain * x / half / 2) for x in range(-half, half))
        return [min(round(value * half), half - 1) for value in values]

    def step(self, registers, words, x):
        return registers, {"y": self.table[x + (1 << (self.width - 1))]}

    def _kernel(self, enable, words, inputs, registers, outputs):
        table = np.array(self.table)
        outputs["y"][:] = table[inputs["x"] + (1 << (self.width - 1))]


@rtl.component(TanhTable)
class TanhTableComponent(rtl.Component):
    """A choice among constants, which synthesis makes gates of."""

    def elaborate(self, platform):
        m = Module()
        half = 1 << (self.parameters.width - 1)
        with m.Switch(self.x):
            for number, value in enumerate(self.parameters.table):
                with m.Case(number - half):
                    m.d.comb += self.y.eq(value)
        return m
