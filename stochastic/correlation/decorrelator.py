"""Decorrelator: two shuffle buffers with independent addresses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_different, check_generator
from .buffer_kernels import shuffle_bits, shuffle_slices

__all__ = ["Decorrelator"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decorrelator(StreamCircuit):
    """Decorrelator: delays the bits of two streams at random, each in its own buffer.

    It moves the correlation (SCC) of the streams towards 0 and keeps their values.

    Parameters
    ----------
    depth : int
        D, the bits of each buffer, 2..32 and at most 2^n.
    a_generator, b_generator : Generator
        They give the addresses of the two buffers. Of widths n, of different sequences, and
        independent of the generators of the streams.

    Raises
    ------
    ValueError
        If a value is out of range, or the two generators give the same sequence.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``a_out`` and ``b_out``, one bit each, of any one encoding. In
    each cycle the word R of its generator addresses bit ``floor(R D / 2^n)`` of a buffer.
    That bit is the output, and the input takes its place. Latency 1. After reset the bits at
    odd addresses are 1 and the others 0.

    Every bit leaves once, or remains in the buffer, so the error of a value is at most
    ``D / (2 N)`` rounded up to whole bits, and depends on the D bits that remain.

    If a and b are one stream of independent bits of mean p, and the addresses are uniform and
    independent, then both outputs are 1 with the probability
    ``p^2 + p (1 - p) / (2 D - 1)``: the SCC falls from 1 to ``1 / (2 D - 1)``.

    Source: V. T. Lee, A. Alaghi and L. Ceze, "Correlation Manipulating Circuits for
    Stochastic Computing", DATE 2018. The law follows from the delays, which are geometric:
    two of them are equal with the probability ``1 / (2 D - 1)``. The address for D not a
    power of two and the reset state are this library's choice.

    Examples
    --------
    >>> from stochastic import Counter, Decorrelator
    >>> circuit = Decorrelator(
    ...     depth=2,
    ...     a_generator=Counter(width=1),
    ...     b_generator=Counter(width=1, direction="down"),
    ... )
    >>> outputs, _ = circuit.run({"a": [1, 1, 0, 0, 0], "b": [1, 1, 0, 0, 0]})
    >>> outputs["a_out"][:, 0].tolist(), outputs["b_out"][:, 0].tolist()
    ([0, 1, 1, 1, 0], [1, 0, 1, 1, 0])
    """

    depth: int
    a_generator: Generator
    b_generator: Generator

    decorrelates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one = check_generator("Decorrelator a_generator", self.a_generator)
        other = check_generator("Decorrelator b_generator", self.b_generator)
        most = min(32, 1 << one.width, 1 << other.width)
        self._set(depth=check_integer("Decorrelator depth", self.depth, 2, most))
        check_different("Decorrelator", one, other)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream"),
            Port.input("b", meaning="second stream"),
            Port.output("a_out", meaning="first stream, its ones moved in time"),
            Port.output("b_out", meaning="second stream, its ones moved in time"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        reset = sum(1 << i for i in range(1, self.depth, 2))
        return tuple(
            Register(name=f"{name}_buffer", width=self.depth, reset=reset) for name in "ab"
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.a_generator, self.b_generator

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        after, outputs = {}, {}
        for name, word, generator in zip("ab", words, self.generators, strict=True):
            buffer = registers[f"{name}_buffer"]
            address = word * self.depth >> generator.width
            outputs[f"{name}_out"] = buffer >> address & 1
            after[f"{name}_buffer"] = buffer & ~(1 << address) | inputs[name] << address
        return after, outputs

    def _addresses(self, words: list[NDArray[np.uint32]]) -> list[NDArray[np.int64]]:
        """Return the address of each buffer in each cycle."""
        return [
            word.astype(np.int64) * self.depth >> generator.width
            for word, generator in zip(words, self.generators, strict=True)
        ]

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        for name, addresses in zip("ab", self._addresses(words), strict=True):
            shuffle_bits(
                enable,
                addresses,
                inputs[name],
                registers[f"{name}_buffer"],
                outputs[f"{name}_out"],
            )

    def _packed(self, words, inputs, length):
        shape = np.broadcast_shapes(inputs["a"].shape, inputs["b"].shape)
        outputs = {}
        for name, addresses in zip("ab", self._addresses(words), strict=True):
            streams = np.ascontiguousarray(inputs[name]).reshape(-1, shape[-1])
            result = np.empty_like(streams)
            shuffle_slices(addresses, self.depth, streams, length, result)
            shuffled = result.reshape(inputs[name].shape)
            outputs[f"{name}_out"] = np.broadcast_to(shuffled, shape).copy()
        return outputs
