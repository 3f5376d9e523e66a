"""Saturating up/down counter with a comparator: the base of the stochastic integrators."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator

__all__ = ["SaturatingCounter", "compiled_saturate", "saturate"]

STREAMS = {
    "increment": "stream that counts up",
    "decrement": "stream that counts down",
    "stream_in": "stream to follow",
    "factor": "stream of the factor x",
    "excitatory": "stream of the target t",
    "inhibitory": "stream of the output y",
    "stream": "stream of the value",
}
MEANINGS = {
    **STREAMS,
    **{f"{name}_sign": f"sign of {name}, 1 for -" for name in STREAMS},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaturatingCounter(StreamCircuit):
    """Base of the circuits with one saturating up/down counter and one comparator.

    In each enabled cycle, with C the counter and R the generator's word::

        stream = R < abs(C)
        C      = saturate(C + increment - decrement)

    A subclass names its input streams and gives `limits`, `increment_and_decrement` and the
    field `initial`. Ports, registers, step and kernel follow. The port ``value`` is C. If C
    can be negative, the input and output streams are sign-magnitude, each with a sign wire.

    Parameters
    ----------
    width : int
        Number n of fraction bits, 1..32: one step of the counter is 2^-n.
    generator : Generator
        Generator inside the circuit, of width n.
    """

    width: int
    generator: Generator

    if TYPE_CHECKING:

        @property
        def initial(self) -> int: ...

    stream_inputs: ClassVar[tuple[str, ...]]

    decorrelates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        name = type(self).__name__
        width = check_integer(f"{name} width", self.width, 1, 32)
        check_generator(f"{name} generator", self.generator, width)
        self._check_options()
        self._set(
            width=width,
            initial=check_integer(f"{name} initial", self.initial, *self.limits),
        )

    def _check_options(self) -> None:
        """Check the fields that determine `limits`."""

    @property
    def limits(self) -> tuple[int, int]:
        """The smallest and the largest value of the counter."""
        raise NotImplementedError

    def increment_and_decrement(
        self, inputs: Mapping[str, Any], stream: Any
    ) -> tuple[Any, Any]:
        """Return what one cycle adds to the counter and subtracts from it.

        Parameters
        ----------
        inputs : mapping of str to int or int64 array
            Bits of the input ports.
        stream : int or int64 array
            Output bits of the same cycles. An array is not filled yet: it may be returned as
            it is, as the wire of a feedback.
        """
        raise NotImplementedError

    @property
    def has_signs(self) -> bool:
        """Whether the counter can be negative and every stream has a sign wire."""
        return self.limits[0] < 0

    @property
    def value_width(self) -> int:
        """Number of bits of the counter."""
        return self.limits[1].bit_length() + self.has_signs

    @property
    def ports(self) -> tuple[Port, ...]:
        inputs, outputs = list(self.stream_inputs), ["stream"]
        if self.has_signs:
            inputs += [f"{name}_sign" for name in inputs]
            outputs += ["stream_sign"]
        return (
            *(Port.input(name, meaning=MEANINGS[name]) for name in inputs),
            *(Port.output(name, meaning=MEANINGS[name]) for name in outputs),
            Port.output(
                "value",
                self.value_width,
                signed=self.has_signs,
                minimum=self.limits[0],
                maximum=self.limits[1],
                meaning="the counter's value",
            ),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(
                name="value",
                width=self.value_width,
                reset=self.initial,
                signed=self.has_signs,
            ),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        value = registers["value"]
        stream = int(words[0] < abs(value))
        increment, decrement = self.increment_and_decrement(inputs, stream)
        outputs = {"stream": stream, "value": value}
        if self.has_signs:
            outputs["stream_sign"] = int(value < 0)
        return {"value": saturate(value + increment - decrement, *self.limits)}, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        increment, decrement = self.increment_and_decrement(inputs, outputs["stream"])
        _run_counter(
            enable,
            words[0],
            increment,
            decrement,
            self.limits,
            registers["value"],
            outputs["stream"],
            outputs["value"],
        )
        if self.has_signs:
            outputs["stream_sign"][:] = outputs["value"] < 0

    def cycle_code(self, code, words, registers, inputs):
        value = registers["value"]
        outputs = {"stream": words[0].less(abs(value)), "value": value}
        if self.has_signs:
            outputs["stream_sign"] = value.less(0)
        increment, decrement = self.increment_and_decrement(inputs, outputs["stream"])
        return outputs, {"value": (value + increment - decrement).held(*self.limits)}


def saturate(value: int, low: int, high: int) -> int:
    """Return `value`, or the limit that it exceeds."""
    return max(low, min(value, high))


# The same function for kernels.
compiled_saturate = compiled(saturate)


@compiled
def _run_counter(enable, words, increment, decrement, limits, value, stream, value_out):
    # `decrement` may be `stream` itself, the feedback of the ADDIE. Therefore each cycle's
    # outputs are written before its inputs are read.
    low, high = limits
    cycles, lanes = increment.shape
    for t in range(cycles):
        word = np.int64(words[t])
        for lane in range(lanes):
            stream[t, lane] = word < abs(value[lane])
            value_out[t, lane] = value[lane]
        if enable[t]:
            for lane in range(lanes):
                moved = value[lane] + increment[t, lane] - decrement[t, lane]
                value[lane] = compiled_saturate(moved, low, high)
