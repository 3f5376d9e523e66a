"""Stochastic gradient-descent circuit: two multipliers and an integrator."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator

__all__ = ["ScGdc"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScGdc(Circuit):
    """Gradient-descent circuit (SC-GDC): two multipliers that drive one integrator.

    Parameters
    ----------
    width : int
        Bits of the fraction, n, 1..32: the step size, or learning rate, is 2^-n.
    generator : Generator
        The integrator's generator, of width n, independent of those that made the inputs.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Of the three inputs and of the output. The multipliers are AND; XNOR; or AND of the
        bits with XOR of the signs.
    initial : int
        The counter's value after reset, within `limits`.

    Notes
    -----
    Ports: ``factor``, ``excitatory`` and ``inhibitory`` in; ``stream`` and ``value`` out; all
    but ``value`` one bit. Sign-magnitude adds ``factor_sign``, ``excitatory_sign``,
    ``inhibitory_sign`` and ``stream_sign``, 1 for negative; the sign of an input whose bit
    is 0 means nothing. With X the factor, T the excitatory and Y the inhibitory input, C
    the counter and R the generator's word, each cycle shows the outputs and then sets::

                        stream       C
        unipolar        R < C        C + (X and T) - (X and Y)       0..2^n
        bipolar         R < C        C + (X xnor T) - (X xnor Y)     0..2^n
        sign-magnitude  R < abs(C)   C + X T - X Y, in -2..2       -2^n..2^n

    In the last row X, T and Y are -1, 0 or 1, and ``stream_sign`` is ``C < 0``. C is held at
    both ends of its range, which are included; sign-magnitude C is two's complement of n + 2
    bits. A sign-magnitude C moves by two where T and Y are opposite; one step from an end it
    moves to the end.

    Latency 1 from the inputs to all outputs. After reset C is `initial`.

    With c the value that C stands for, C / 2^n or for bipolar 2 C / 2^n - 1, and X
    independent of T and Y, each cycle adds ``2^-n x (t - y)`` to the mean of c, for every
    encoding, as long as C meets no end. That is a step of gradient descent for the loss
    ``(t - y)^2 / 2`` of the estimate y = c x. T and Y may come from one generator: then
    they differ with the probability abs(t - y), and where y reaches t the noise ends too.

    Source: S. Liu, H. Jiang, L. Liu and J. Han, "Gradient Descent Using Stochastic Circuits
    for Efficient Training of Learning Machines", IEEE TCAD 37(11), 2018: two AND gates
    (unipolar) or XNOR gates (bipolar) and one stochastic integrator; the signed form is
    theirs too. The text we could read gives no widths and nothing on the counter's ends:
    the width, the saturation, full scale at 2^n and the sign-magnitude counter are this
    library's definition.

    Examples
    --------
    >>> from stochastic import Counter, ScGdc
    >>> circuit = ScGdc(width=1, generator=Counter(width=1), initial=1)
    >>> streams = {
    ...     "factor": [1, 0, 1, 1], "excitatory": [1, 1, 0, 1], "inhibitory": [0, 0, 1, 1]
    ... }
    >>> outputs, _ = circuit.run(streams)
    >>> outputs["value"][:, 0].tolist()
    [1, 2, 2, 1]
    """

    width: int
    generator: Generator
    encoding: str = "unipolar"
    initial: int = 0

    def __post_init__(self) -> None:
        width = check_integer("ScGdc width", self.width, 1, 32)
        check_generator("ScGdc generator", self.generator, width)
        check_choice("ScGdc encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude"))
        self._set(
            width=width, initial=check_integer("ScGdc initial", self.initial, *self.limits)
        )

    @property
    def _signed(self) -> bool:
        return self.encoding == "sign-magnitude"

    @property
    def limits(self) -> tuple[int, int]:
        """The counter's two ends."""
        return -(1 << self.width) if self._signed else 0, 1 << self.width

    @property
    def ports(self) -> tuple[Port, ...]:
        inputs = ["factor", "excitatory", "inhibitory"]
        outputs = ["stream"]
        if self._signed:
            inputs += [f"{name}_sign" for name in inputs]
            outputs += ["stream_sign"]
        return (
            *(Port.input(name) for name in inputs),
            *(Port.output(name) for name in outputs),
            Port.output("value", self.width + 1 + self._signed, signed=self._signed),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(
                name="value",
                width=self.width + 1 + self._signed,
                reset=self.initial,
                signed=self._signed,
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
        outputs = {"stream": int(words[0] < abs(value)), "value": value}
        x, t, y = (inputs[name] for name in ("factor", "excitatory", "inhibitory"))
        if self._signed:
            outputs["stream_sign"] = int(value < 0)
            x = -x if inputs["factor_sign"] else x
            t = -t if inputs["excitatory_sign"] else t
            y = -y if inputs["inhibitory_sign"] else y
        if self.encoding == "bipolar":
            moved = value + int(x == t) - int(x == y)
        else:
            moved = value + x * t - x * y
        low, high = self.limits
        return {"value": max(low, min(moved, high))}, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        x, t, y = (
            self._number(inputs, name) for name in ("factor", "excitatory", "inhibitory")
        )
        # Bipolar numbers are -1 and 1, so that their products are twice the XNOR less one.
        moves = x * (t - y) // (2 if self.encoding == "bipolar" else 1)
        _walk(
            enable,
            words[0],
            moves,
            self.limits,
            registers["value"],
            outputs["stream"],
            outputs["value"],
        )
        if self._signed:
            outputs["stream_sign"][:] = outputs["value"] < 0

    def _number(self, inputs, name):
        """Return the number, -1, 0 or 1, that the bits of an input stand for."""
        bits = inputs[name]
        if self.encoding == "bipolar":
            return 2 * bits - 1
        return bits * (1 - 2 * inputs[f"{name}_sign"]) if self._signed else bits


@compiled
def _walk(enable, words, moves, limits, value, stream, value_out):
    low, high = limits
    cycles, lanes = moves.shape
    for t in range(cycles):
        for lane in range(lanes):
            stream[t, lane] = words[t] < abs(value[lane])
            value_out[t, lane] = value[lane]
            if enable[t]:
                value[lane] = max(low, min(value[lane] + moves[t, lane], high))
