"""Scaled adder of two streams by a toggle flip-flop."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit

__all__ = ["ToggleAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToggleAdder(StreamCircuit):
    """Toggle-flip-flop adder: the mean of two streams, exact to half a bit.

    Parameters
    ----------
    initial : int
        The flip-flop after reset, 0 or 1.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``mean``, one bit each, of any one encoding. Where a and b are
    equal, the output is that bit. Where they differ, it is the flip-flop, which then toggles:
    every second lone one passes. Latency 0; after reset the flip-flop is `initial`.

    In every cycle the ones of the output so far are ``floor((A + B + initial) / 2)``, with A
    and B the ones of the inputs so far. The streams may be correlated in any way, and no
    generator is needed.

    Source: V. T. Lee, A. Alaghi, J. P. Hayes, V. Sathe and L. Ceze, "Energy-Efficient Hybrid
    Stochastic-Binary Neural Networks for Near-Sensor Computing", DATE 2017, from memory of
    its adder; the count of ones follows from the definition.

    Examples
    --------
    >>> from stochastic import ToggleAdder
    >>> streams = {"a": [1, 1, 0, 0, 1], "b": [0, 0, 0, 1, 1]}
    >>> ToggleAdder().run(streams)[0]["mean"][:, 0].tolist()
    [0, 1, 0, 0, 1]
    """

    initial: int = 0

    def __post_init__(self) -> None:
        self._set(initial=check_integer("ToggleAdder initial", self.initial, 0, 1))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream to add"),
            Port.input("b", meaning="second stream to add"),
            Port.output("mean", meaning="stream of their mean"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="toggle", width=1, reset=self.initial),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        a, b, toggle = inputs["a"], inputs["b"], registers["toggle"]
        return {"toggle": toggle ^ a ^ b}, {"mean": a if a == b else toggle}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        a, b, toggle = inputs["a"], inputs["b"], registers["toggle"]
        differ = (a ^ b) & enable[:, None]
        # The flip-flop before each cycle: the parity of the enabled differences so far.
        before = toggle ^ (np.cumsum(differ, axis=0) - differ) & 1
        outputs["mean"][:] = np.where(a == b, a, before)
        toggle ^= differ.sum(axis=0) & 1

    def _packed(self, words, inputs, length):
        wires = np.broadcast_arrays(inputs["a"], inputs["b"])
        shape = wires[0].shape
        streams = np.stack([wire.reshape(-1, shape[-1]) for wire in wires])
        mean = np.empty(shape, np.uint64)
        _run_packed(*streams, self.initial, mean.reshape(-1, shape[-1]))
        return {"mean": mean}


@compiled
def _run_packed(a, b, initial, mean):
    """Run on streams ``[lanes, words]``, 64 cycles a word."""
    lanes, words = a.shape
    for lane in range(lanes):
        held = np.uint64(0) - np.uint64(initial)
        for i in range(words):
            differ = a[lane, i] ^ b[lane, i]
            # Bit t of `parity` is the parity of the differences up to cycle t.
            parity = differ
            for shift in (1, 2, 4, 8, 16, 32):
                parity ^= parity << np.uint64(shift)
            before = (parity << np.uint64(1)) ^ held
            mean[lane, i] = (a[lane, i] & b[lane, i]) | (differ & before)
            held ^= np.uint64(0) - (parity >> np.uint64(63))
