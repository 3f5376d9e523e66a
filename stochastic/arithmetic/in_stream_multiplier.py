"""Multiplier by conditional generation (uMUL) of two streams."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Port, Register, check_choice
from fixedpoint.kernels.compiled import compiled, deferred

from ..circuit import StreamCircuit
from ..circuit.bit_slices import flat_streams
from ..generators.generator import Generator
from .conditional_generator import check_conditional, whole_period

__all__ = ["InStreamMultiplier"]

(less_in_turn,) = deferred("stochastic.arithmetic.conditional_instructions", "less_in_turn")
(ones,) = deferred("stochastic.streams.vector_instructions", "ones")


@dataclasses.dataclass(frozen=True, kw_only=True)
class InStreamMultiplier(StreamCircuit):
    """In-stream unary multiplier (uMUL): one stream is estimated and generated anew.

    Parameters
    ----------
    generator : Generator
        Of width n, 1..10, with at most 65536 words before it repeats.
    encoding : {"unipolar", "bipolar"}
        Encoding of both streams and of the product.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``product``, one bit each. A shift register holds the last 2^n
    bits of b, and their number of ones C is the code of a `ConditionalMultiplier` for the
    stream a. The bit of b enters the register at the end of the cycle. Latency 0 from a and 1
    from b. After reset the register holds 0, 1, 0, 1 ..., hence C is 2^(n - 1), and the
    generators are at their first word.

    The first 2^n cycles are a transient from the value 1/2 of the register. After it the
    product of streams of constant value has, within a window of N cycles, the error of the
    conditional multiplier and that of the estimate of b over 2^n bits. The streams a and b
    may come from one generator.

    Source: D. Wu et al., "uGEMM: Unary Computing Architecture for GEMM Applications", ISCA
    2020; the shift register and its reset state are those of its published software, whose
    count includes the bit of the present cycle.

    Examples
    --------
    >>> from stochastic import InStreamMultiplier, VanDerCorput
    >>> gate = InStreamMultiplier(generator=VanDerCorput(width=1))
    >>> streams = {"a": [1, 1, 1, 1], "b": [1, 1, 1, 0]}
    >>> gate.run(streams)[0]["product"][:, 0].tolist()
    [1, 0, 1, 1]
    """

    generator: Generator
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        name = "InStreamMultiplier"
        generator = check_conditional(f"{name} generator", self.generator)
        if generator.width > 10:
            raise ValueError(
                f"{name} generator must have a width up to 10, not {generator.width}"
            )
        check_choice(f"{name} encoding", self.encoding, ("unipolar", "bipolar"))

    @property
    def depth(self) -> int:
        """Bits of the shift register, 2^n."""
        return 1 << self.generator.width

    @property
    def _bipolar(self) -> bool:
        return self.encoding == "bipolar"

    @functools.cached_property
    def sequence(self) -> NDArray[np.int64]:
        """The words of one period."""
        return whole_period(self.generator)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="stream of the first factor"),
            Port.input("b", meaning="stream of the second factor"),
            Port.output("product", meaning="stream of the product"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        names = ("used", "used_inverse") if self._bipolar else ("used",)
        width = max(1, (self.generator.period - 1).bit_length())
        return (
            # Bits in pairs, the newest first, so that the reset value alternates.
            Register(name="history", width=2, count=self.depth // 2, reset=0b10),
            *(Register(name=name, width=width) for name in names),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        pairs = registers["history"]
        pairs = pairs if isinstance(pairs, list) else [pairs]
        bits = [pair >> i & 1 for pair in pairs for i in (0, 1)]
        moved = [inputs["b"], *bits[:-1]]
        again = [low + 2 * high for low, high in zip(moved[::2], moved[1::2], strict=True)]
        after = {**registers, "history": again if len(again) > 1 else again[0]}
        place = "used" if inputs["a"] else "used_inverse"
        if place not in registers:
            return after, {"product": 0}
        used = registers[place]
        below = int(self.sequence[used] < sum(bits))
        after[place] = (used + 1) % len(self.sequence)
        return after, {"product": below if inputs["a"] else 1 - below}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        pairs = registers["history"].reshape(-1, self.depth // 2)
        history = np.stack([pairs & 1, pairs >> 1], axis=2).reshape(-1, self.depth)
        unused = np.zeros_like(registers["used"])
        head = _multiply(
            enable,
            inputs["a"],
            inputs["b"],
            self.sequence,
            self._bipolar,
            history,
            registers["used"],
            registers.get("used_inverse", unused),
            outputs["product"],
        )
        history = np.roll(history, -head, axis=1)
        pairs[:] = history[:, ::2] + 2 * history[:, 1::2]

    def _packed(self, words, inputs, length):
        shape = np.broadcast_shapes(inputs["a"].shape, inputs["b"].shape)
        a, b = (flat_streams(inputs[name], shape) for name in "ab")
        product = np.empty(shape, np.uint64)
        # A step of the kernel takes up to 32 words: at most one repetition, and past the end.
        period = len(self.sequence) * -(-32 // len(self.sequence))
        sequence = np.resize(self.sequence, period + 32).astype(np.uint16)
        _multiply_words(
            a,
            b,
            sequence,
            period,
            self.generator.width,
            self._bipolar,
            product.reshape(-1, shape[-1]),
        )
        return {"product": product}


@compiled
def _multiply_words(a, b, sequence, period, width, bipolar, product):
    """Run on packed streams ``[lanes, words]`` from reset, 32 cycles at a time."""
    lanes, words = a.shape
    depth = 1 << width
    # Before the first cycle b was 1 in every second cycle.
    reset = np.uint64(0x5555555555555555)
    low = np.uint64(0xFFFFFFFF)
    for lane in range(lanes):
        used, used_inverse, count = 0, 0, depth >> 1
        before = reset
        for word in range(words):
            bits, entering = a[lane, word], b[lane, word]
            if depth < 64:
                leaving = entering << np.uint64(depth) | before >> np.uint64(64 - depth)
                before = entering
            else:
                back = word - (depth >> 6)
                leaving = reset if back < 0 else b[lane, back]
            found = np.uint64(0)
            for half in (np.uint64(0), np.uint64(32)):
                turns = bits >> half & low
                new, old = entering >> half & low, leaving >> half & low
                part = less_in_turn(sequence, np.uint64(used), turns, count, new, old)
                used += np.int64(ones(turns))
                used -= period if used >= period else 0
                if bipolar:
                    others = turns ^ low
                    below = less_in_turn(
                        sequence, np.uint64(used_inverse), others, count, new, old
                    )
                    part |= others ^ below
                    used_inverse += np.int64(ones(others))
                    used_inverse -= period if used_inverse >= period else 0
                found |= part << half
                count += np.int64(ones(new)) - np.int64(ones(old))
            product[lane, word] = found


@compiled
def _multiply(enable, a, b, sequence, bipolar, history, used, used_inverse, product):
    """Run all cycles; return where the newest bit stands in the rings of `history`."""
    cycles, lanes = a.shape
    depth = history.shape[1]
    period = len(sequence)
    ones = np.zeros(lanes, np.int64)
    for lane in range(lanes):
        ones[lane] = history[lane].sum()
    head = 0
    for t in range(cycles):
        after = head - 1 if head else depth - 1
        for lane in range(lanes):
            places = used if a[t, lane] else used_inverse
            place = places[lane]
            below = np.int64(sequence[place] < ones[lane])
            product[t, lane] = below if a[t, lane] else np.int64(bipolar) & (1 - below)
            if enable[t]:
                if a[t, lane] or bipolar:
                    places[lane] = place + 1 if place + 1 < period else 0
                # The oldest bit stands where the newest one goes.
                ones[lane] += b[t, lane] - history[lane, after]
                history[lane, after] = b[t, lane]
        if enable[t]:
            head = after
    return head
