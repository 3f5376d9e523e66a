"""Polynomials by their Bernstein form: the ReSC circuit."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from fixedpoint.circuit import Port, check_integer
from fixedpoint.circuit.checks import shown

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator
from ..streams.codes import to_codes
from ..streams.packing import pack

__all__ = ["BernsteinPolynomial"]

MOST_DEGREE = 32

# Words of a stream array that the packed engine takes at a time.
BLOCK_WORDS = 1 << 13


@dataclasses.dataclass(frozen=True, kw_only=True)
class BernsteinPolynomial(StreamCircuit):
    """Polynomial of a stream by its Bernstein form (ReSC): copies of x select a coefficient.

    Parameters
    ----------
    codes : tuple of int
        Codes of the coefficients b_0 .. b_n, each 0..2^w inclusive; the degree n is 1..32.
    generator : Generator
        Generator of the coefficients, of width w, independent of the streams.

    Notes
    -----
    Ports: ``x``, n elements of one bit, and ``y``, one bit, all unipolar. The number k of
    ones among the n copies selects a coefficient: ``y = R < codes[k]`` with R the generator's
    word. One coefficient is used in each cycle, so one generator serves all. Latency 0.

    For independent copies of value x the mean of y is exactly
    ``sum over k of b_k C(n, k) x^k (1 - x)^(n - k)`` with ``b_k = codes[k] / 2^w``.

    `fit_bernstein` finds coefficients for a function; `bernstein_coefficients` for a
    polynomial in powers of x.

    Source: W. Qian, X. Li, M. D. Riedel, K. Bazargan and D. J. Lilja, "An Architecture for
    Fault-Tolerant Computation with Stochastic Logic", IEEE Transactions on Computers 60(1),
    2011.

    Examples
    --------
    >>> from stochastic import BernsteinPolynomial, Counter
    >>> gate = BernsteinPolynomial(codes=(2, 5, 3, 6), generator=Counter(width=3))
    >>> outputs, _ = gate.run({"x": [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]})
    >>> outputs["y"][:, 0].tolist()
    [1, 1, 1, 1]
    """

    codes: tuple[int, ...]
    generator: Generator

    independent: ClassVar[tuple[str, ...]] = ("x",)
    copies: ClassVar[tuple[str, ...]] = ("x",)

    def __post_init__(self) -> None:
        name = "BernsteinPolynomial"
        width = check_generator(f"{name} generator", self.generator).width
        if not isinstance(self.codes, tuple | list):
            raise TypeError(f"{name} codes must be a tuple, not {shown(self.codes)}")
        codes = tuple(self.codes)
        if not 2 <= len(codes) <= MOST_DEGREE + 1:
            raise ValueError(
                f"{name} must have 2 to {MOST_DEGREE + 1} coefficients, not {len(codes)}"
            )
        self._set(
            codes=tuple(
                check_integer(f"{name} code {k}", code, 0, 1 << width)
                for k, code in enumerate(codes)
            )
        )

    @classmethod
    def from_coefficients(
        cls, coefficients: ArrayLike, generator: Generator
    ) -> BernsteinPolynomial:
        """Make the circuit of real coefficients in [0, 1], rounded half to even to codes."""
        width = check_generator(f"{cls.__name__} generator", generator).width
        codes = to_codes(coefficients, width, "unipolar")
        if codes.ndim != 1:
            raise ValueError(
                f"{cls.__name__} takes an array of coefficients, not one of shape {codes.shape}"
            )
        return cls(codes=tuple(codes.tolist()), generator=generator)

    @property
    def degree(self) -> int:
        """n, the number of copies of x."""
        return len(self.codes) - 1

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "unipolar", "y": "unipolar"}

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("x", count=self.degree, meaning="independent streams of one value"),
            Port.output("y", meaning="stream of the polynomial"),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        ones = inputs["x"] if self.degree == 1 else sum(inputs["x"])
        return registers, {"y": int(words[0] < self.codes[ones])}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        copies = inputs["x"]
        lanes = copies.shape[1] // self.degree
        ones = copies.reshape(len(copies), lanes, self.degree).sum(axis=2)
        outputs["y"][:] = words[0][:, None] < np.array(self.codes)[ones]

    def _packed(self, words, inputs, length):
        given = [inputs["x"]] if self.degree == 1 else inputs["x"]
        copies = np.broadcast_arrays(*given)
        shape = copies[0].shape
        flat = [x.reshape(-1, shape[-1]) for x in copies]
        coefficients = [pack(words[0] < code) for code in self.codes]
        y = np.empty(flat[0].shape, np.uint64)
        # Few enough streams at a time that all of them stay in the cache.
        block = max(1, BLOCK_WORDS // shape[-1])
        for begin in range(0, len(y), block):
            part = slice(begin, begin + block)
            y[part] = _selected([x[part] for x in flat], coefficients)
        return {"y": y.reshape(shape)}


def _selected(copies: list[Any], coefficients: list[Any]) -> Any:
    """Return the bits of the coefficient whose number is that of the ones among the copies."""
    # Bits that are 1 in the cycles with exactly k ones among the copies so far.
    exactly: list[Any] = [~copies[0], copies[0]]
    for x in copies[1:]:
        inverse = ~x
        last = exactly[-1] & x
        for k in range(len(exactly) - 1, 0, -1):
            exactly[k] = (exactly[k] & inverse) | (exactly[k - 1] & x)
        exactly[0] = exactly[0] & inverse
        exactly.append(last)
    parts = (bits & b for bits, b in zip(exactly, coefficients, strict=True))
    return functools.reduce(operator.or_, parts)
