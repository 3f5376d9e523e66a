"""Comparator of an SNG whose generator stands outside, where several may share it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, check_integer

from .word_order import check_order, ordered

__all__ = ["Comparator"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparator(Circuit):
    """Comparator of an SNG: a code against the word of a generator that stands outside.

    Parameters
    ----------
    width : int
        Bits of the word, n, 1..32.
    order : tuple of int, optional
        A permutation of 0..n - 1: bit i of the number that is compared is bit ``order[i]`` of
        the word. It costs wires only. By default the bits keep their places.

    Notes
    -----
    Ports: ``word``, n bits; ``code``, 0..2^n inclusive, hence n + 1 bits; ``stream``, 1 where
    the number is less than the code. No state, latency 0. With a generator in front it is
    `Sng`; several comparators share one generator, each with its own order of the bits.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; the permuted wires as in
    `Permuted`.

    Examples
    --------
    >>> from stochastic import Comparator
    >>> inputs = {"word": [0, 1, 2, 3], "code": [2] * 4}
    >>> Comparator(width=2).run(inputs)[0]["stream"][:, 0].tolist()
    [1, 1, 0, 0]
    >>> Comparator(width=2, order=(1, 0)).run(inputs)[0]["stream"][:, 0].tolist()
    [1, 0, 1, 0]
    """

    width: int
    order: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        width = check_integer("Comparator width", self.width, 1, 32)
        self._set(width=width)
        self._set(order=check_order("Comparator", self.order, width))

    @property
    def encodings(self) -> dict[str, str | None]:
        """None for the stream: the code gives it any encoding."""
        return {"stream": None}

    @property
    def ports(self) -> tuple[Port, ...]:
        n = self.width
        return (
            Port.input("word", n, meaning="the generator's word"),
            Port.input("code", n + 1, maximum=1 << n, meaning="2^n times the share of ones"),
            Port.output("stream", meaning="1 where the word is less than the code"),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return registers, {"stream": int(ordered(inputs["word"], self.order) < inputs["code"])}

    def cycle_code(self, code, words, registers, inputs):
        return {"stream": ordered(inputs["word"], self.order).less(inputs["code"])}, {}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        np.less(
            ordered(inputs["word"], self.order),
            inputs["code"],
            out=outputs["stream"],
            casting="unsafe",
        )
