"""Stochastic gradient-descent circuit: two multipliers and an integrator."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from fixedpoint.circuit import check_choice

from .saturating_counter import SaturatingCounter

__all__ = ["ScGdc"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScGdc(SaturatingCounter):
    """Gradient-descent circuit (SC-GDC): two multipliers that drive one integrator.

    Parameters
    ----------
    width : int
        Number n of fraction bits, 1..32: the step size, or learning rate, is 2^-n.
    generator : Generator
        Generator of the integrator, of width n. It must be independent of the generators of
        the inputs.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Encoding of the three inputs and of the output. The multipliers are AND gates for
        unipolar, XNOR gates for bipolar, and AND of the bits with XOR of the signs for
        sign-magnitude.
    initial : int
        Value of the counter after reset, within `limits`.

    Notes
    -----
    Ports: ``factor``, ``excitatory`` and ``inhibitory`` in; ``stream`` and ``value`` out. All
    but ``value`` have one bit. Sign-magnitude adds ``factor_sign``, ``excitatory_sign``,
    ``inhibitory_sign`` and ``stream_sign``, 1 for negative; the sign of an input whose bit is
    0 is ignored. With X the factor, T the excitatory and Y the inhibitory input, C the
    counter and R the generator's word, each cycle outputs the stream and then sets C::

                        stream       C
        unipolar        R < C        C + (X and T) - (X and Y)       0..2^n
        bipolar         R < C        C + (X xnor T) - (X xnor Y)     0..2^n
        sign-magnitude  R < abs(C)   C + X T - X Y, in -2..2       -2^n..2^n

    In the last row X, T and Y are -1, 0 or 1, and ``stream_sign`` is ``C < 0``. C saturates at
    both ends of its range, which are included. The sign-magnitude C is two's complement of
    n + 2 bits. It moves by two if T and Y are opposite; one step from an end it moves to the
    end.

    Latency 1 from the inputs to all outputs. After reset C is `initial`.

    Let c be the value that C stands for: C / 2^n, or for bipolar 2 C / 2^n - 1. If X is
    independent of T and Y, each cycle adds ``2^-n x (t - y)`` to the mean of c, for every
    encoding, as long as C does not saturate. That is a step of gradient descent for the loss
    ``(t - y)^2 / 2`` of the estimate y = c x. T and Y may come from one generator. Then they
    differ with the probability abs(t - y), and the noise vanishes as y approaches t.

    Source: S. Liu, H. Jiang, L. Liu and J. Han, "Gradient Descent Using Stochastic Circuits
    for Efficient Training of Learning Machines", IEEE TCAD 37(11), 2018: two AND gates
    (unipolar) or XNOR gates (bipolar) and one stochastic integrator; the signed form is also
    theirs. The available text gives no widths and does not describe the counter's ends: the
    width, the saturation, full scale at 2^n and the sign-magnitude counter are this library's
    definition.

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

    encoding: str = "unipolar"
    initial: int = 0

    stream_inputs: ClassVar[tuple[str, ...]] = ("factor", "excitatory", "inhibitory")

    def _check_options(self) -> None:
        check_choice("ScGdc encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude"))

    @property
    def limits(self) -> tuple[int, int]:
        low = -(1 << self.width) if self.encoding == "sign-magnitude" else 0
        return low, 1 << self.width

    def increment_and_decrement(self, inputs, stream):
        x, t, y = (self._factor(inputs, name) for name in self.stream_inputs)
        if self.encoding == "bipolar":
            return 1 - (x ^ t), 1 - (x ^ y)
        return x * t, x * y

    def _factor(self, inputs: Mapping[str, Any], name: str) -> Any:
        """Return the bit of an input stream, with its sign if it has one."""
        bit = inputs[name]
        return bit * (1 - 2 * inputs[f"{name}_sign"]) if self.has_signs else bit
