"""Multiplier by conditional generation (uMUL) of a stream and a static code."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port, Register, check_choice
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator
from .conditional_generator import check_conditional, whole_period

__all__ = ["ConditionalMultiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConditionalMultiplier(Circuit):
    """Static unary multiplier (uMUL): a code's stream is generated only where it is needed.

    Parameters
    ----------
    generator : Generator
        Of width n, with at most 65536 words before it repeats.
    encoding : {"unipolar", "bipolar"}
        Encoding of the stream, of the code and of the product.

    Notes
    -----
    Ports: ``stream``, one bit; ``code``, 0..2^n inclusive; ``product``, one bit. With R the
    generator's word, the product is ``R < code`` where the stream is 1, and the generator
    advances in these cycles only. Where the stream is 0 the product of unipolar streams is 0.
    That of bipolar ones is ``not (R' < code)`` with the word of a second generator of the
    same sequence, which advances in these other cycles. Latency 0. After reset both
    generators are at their first word; the registers hold the number of words used, modulo
    the period.

    The stream's A ones meet the first A words of the sequence, however they are placed in
    time. So the product has exactly as many ones as there are words less than the code among
    them. For bipolar streams those among the first N - A words that are not less are added.
    With a van der Corput or Sobol sequence this is ``A code / 2^n`` within ``log2(A) / 2 + 1``
    ones, whatever the stream's own generator is: one sequence may serve for both.

    `InStreamMultiplier` takes a second stream in place of the code.

    Source: D. Wu et al., "uGEMM: Unary Computing Architecture for GEMM Applications", ISCA
    2020, equations (4) to (10).

    Examples
    --------
    >>> from stochastic import ConditionalMultiplier, VanDerCorput
    >>> gate = ConditionalMultiplier(generator=VanDerCorput(width=2))
    >>> streams = {"stream": [1, 0, 1, 1, 0, 1], "code": [3] * 6}
    >>> gate.run(streams)[0]["product"][:, 0].tolist()
    [1, 0, 1, 1, 0, 0]
    """

    generator: Generator
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        check_conditional("ConditionalMultiplier generator", self.generator)
        check_choice("ConditionalMultiplier encoding", self.encoding, ("unipolar", "bipolar"))

    @property
    def _bipolar(self) -> bool:
        return self.encoding == "bipolar"

    @functools.cached_property
    def sequence(self) -> NDArray[np.int64]:
        """The words of one period."""
        return whole_period(self.generator)

    @property
    def encodings(self) -> dict[str, str | None]:
        """The encoding of each stream, by port name."""
        return dict.fromkeys(("stream", "product"), self.encoding)

    @property
    def ports(self) -> tuple[Port, ...]:
        n = self.generator.width
        return (
            Port.input("stream", meaning="stream that is one factor"),
            Port.input("code", n + 1, maximum=1 << n, meaning="code that is the other factor"),
            Port.output("product", meaning="stream of the product"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        names = ("used", "used_inverse") if self._bipolar else ("used",)
        width = max(1, (self.generator.period - 1).bit_length())
        return tuple(Register(name=name, width=width) for name in names)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        place = "used" if inputs["stream"] else "used_inverse"
        if place not in registers:
            return registers, {"product": 0}
        used = registers[place]
        below = int(self.sequence[used] < inputs["code"])
        advanced = (used + 1) % len(self.sequence)
        return {**registers, place: advanced}, {
            "product": below if inputs["stream"] else 1 - below
        }

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        unused = np.zeros_like(registers["used"])
        _multiply(
            enable,
            inputs["stream"],
            inputs["code"],
            self.sequence,
            self._bipolar,
            registers["used"],
            registers.get("used_inverse", unused),
            outputs["product"],
        )


@compiled
def _multiply(enable, stream, code, sequence, bipolar, used, used_inverse, product):
    cycles, lanes = stream.shape
    period = len(sequence)
    for t in range(cycles):
        for lane in range(lanes):
            if stream[t, lane]:
                place = used[lane]
                product[t, lane] = sequence[place] < code[t, lane]
                if enable[t]:
                    used[lane] = place + 1 if place + 1 < period else 0
            elif bipolar:
                place = used_inverse[lane]
                product[t, lane] = sequence[place] >= code[t, lane]
                if enable[t]:
                    used_inverse[lane] = place + 1 if place + 1 < period else 0
            else:
                product[t, lane] = 0
