"""Coefficients of a Bernstein polynomial, selected by copies of a stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, check_integer
from fixedpoint.circuit.checks import shown

from ..circuit import StreamCircuit
from .bernstein_polynomial import MOST_DEGREE

__all__ = ["CoefficientTable"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoefficientTable(StreamCircuit):
    """Coefficients of a Bernstein polynomial as codes: copies of x select one.

    Parameters
    ----------
    codes : tuple of int
        Codes of the coefficients b_0 .. b_n, each 0..2^w inclusive; the degree n is 1..32.
    width : int
        Bits of a generator's word, w, 1..32.

    Notes
    -----
    Ports: ``x``, n elements of one bit, unipolar, and ``code``, w + 1 bits: that of the
    coefficient whose number is that of the ones among the copies. No state, latency 0. With a
    `Comparator` behind it this is `BernsteinPolynomial`, whose generator may be shared.

    Source: as `BernsteinPolynomial`.

    Examples
    --------
    >>> from stochastic import CoefficientTable
    >>> table = CoefficientTable(codes=(2, 5, 3), width=3)
    >>> table.run({"x": [[0, 0], [1, 0], [1, 1]]})[0]["code"][:, 0].tolist()
    [2, 5, 3]
    """

    codes: tuple[int, ...]
    width: int

    independent: ClassVar[tuple[str, ...]] = ("x",)
    copies: ClassVar[tuple[str, ...]] = ("x",)

    def __post_init__(self) -> None:
        name = "CoefficientTable"
        width = check_integer(f"{name} width", self.width, 1, 32)
        if not isinstance(self.codes, tuple | list):
            raise TypeError(f"{name} codes must be a tuple, not {shown(self.codes)}")
        codes = tuple(self.codes)
        if not 2 <= len(codes) <= MOST_DEGREE + 1:
            raise ValueError(
                f"{name} must have 2 to {MOST_DEGREE + 1} coefficients, not {len(codes)}"
            )
        self._set(
            width=width,
            codes=tuple(
                check_integer(f"{name} code {k}", code, 0, 1 << width)
                for k, code in enumerate(codes)
            ),
        )

    @property
    def degree(self) -> int:
        """n, the number of copies of x."""
        return len(self.codes) - 1

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "unipolar"}

    @property
    def ports(self) -> tuple[Port, ...]:
        width = self.width + 1
        return (
            Port.input("x", count=self.degree, meaning="independent copies of the stream"),
            Port.output("code", width, maximum=1 << self.width, meaning="the coefficient"),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        ones = inputs["x"] if self.degree == 1 else sum(inputs["x"])
        return registers, {"code": self.codes[ones]}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        copies = inputs["x"]
        lanes = copies.shape[1] // self.degree
        ones = copies.reshape(len(copies), lanes, self.degree).sum(axis=2)
        outputs["code"][:] = np.array(self.codes)[ones]
