"""Stochastic integrator: an up/down counter with a comparator."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from fixedpoint.circuit import check_flag

from .saturating_counter import SaturatingCounter

__all__ = ["Integrator"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Integrator(SaturatingCounter):
    """Stochastic integrator: a saturating up/down counter whose value becomes a stream.

    Parameters
    ----------
    width : int
        Number n of fraction bits, 1..32: one step of the counter is 2^-n.
    generator : Generator
        Generator inside the circuit, of width n.
    initial : int
        Value of the counter after reset, 0..2^n inclusive, or 0..2^n - 1 without full scale.
    full_scale : bool
        Whether the counter ends at 2^n, so that 1.0 is exact and the counter has n + 1 bits.
        Otherwise it ends at 2^n - 1 and has n bits, as in the paper.

    Notes
    -----
    Ports: ``increment``, ``decrement`` and ``stream``, one bit each, and ``value``, the
    counter C. With the inputs A and B and the generator's word R, each cycle outputs
    ``stream = R < C`` and then sets ``C = C + A - B``, saturated at 0 and at the upper end.
    If A and B are both 1, the counter does not move, at its ends either.

    Latency 1 from the inputs to both outputs. After reset C is `initial`.

    The mean of the stream is c = C / 2^n, and c_k = c_0 + 2^-n sum_{i<k} (A_i - B_i) as long
    as the counter does not saturate.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equations (1) and (2). The paper does not
    say what the counter does at its ends; this library saturates it.

    Examples
    --------
    >>> from stochastic import Counter, Integrator
    >>> integrator = Integrator(width=1, generator=Counter(width=1), initial=1)
    >>> streams = {"increment": [1, 1, 0, 0, 0], "decrement": [0, 0, 1, 1, 1]}
    >>> outputs, _ = integrator.run(streams)
    >>> outputs["value"][:, 0].tolist()
    [1, 2, 2, 1, 0]
    >>> outputs["stream"][:, 0].tolist()
    [1, 1, 1, 0, 0]
    """

    initial: int = 0
    full_scale: bool = True

    stream_inputs: ClassVar[tuple[str, ...]] = ("increment", "decrement")

    def _check_options(self) -> None:
        check_flag(f"{type(self).__name__} full_scale", self.full_scale)

    @property
    def maximum(self) -> int:
        """The upper end of the counter."""
        return (1 << self.width) - (not self.full_scale)

    @property
    def limits(self) -> tuple[int, int]:
        return 0, self.maximum

    def increment_and_decrement(self, inputs, stream):
        return inputs["increment"], inputs["decrement"]
