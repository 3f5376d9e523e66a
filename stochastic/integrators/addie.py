"""ADDIE: a stochastic integrator that follows its input."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from .integrator import Integrator

__all__ = ["Addie"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Addie(Integrator):
    """ADDIE (adaptive digital element): the exponential moving average of a stream.

    It is a stochastic integrator whose output stream is also its decrement input.

    Parameters
    ----------
    width : int
        Number n of fraction bits, 1..32: the time constant is 2^n cycles.
    generator : Generator
        Generator inside the circuit, of width n. It must be independent of the generator of
        the input.
    initial : int
        Value of the counter after reset, 0..2^n inclusive, or 0..2^n - 1 without full scale.
    full_scale : bool
        Whether the counter ends at 2^n, so that 1.0 is exact and the counter has n + 1 bits.
        Otherwise it ends at 2^n - 1 and has n bits, as in the paper.

    Notes
    -----
    Ports: ``stream_in`` and ``stream``, one bit each, and ``value``, the counter C. With the
    input A and the generator's word R, each cycle outputs ``stream = R < C`` and then sets
    ``C = C + A - (R < C)``. At full scale C cannot exceed its ends; without it C saturates at
    2^n - 1.

    Latency 1 from the input to both outputs. After reset C is `initial`.

    For an input of mean p and independent words, the mean of c = C / 2^n in cycle k is
    ``p - (p - c_0) (1 - 2^-n)^k``: the moving average with beta = 1 - 2^-n. In the steady
    state C has the binomial distribution B(2^n, p), and c the variance p (1 - p) / 2^n.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equations (3) and (7). The circuit is from
    B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import Addie, Counter
    >>> addie = Addie(width=1, generator=Counter(width=1))
    >>> outputs, _ = addie.run({"stream_in": [1, 1, 1, 0, 0, 0]})
    >>> outputs["value"][:, 0].tolist()
    [0, 1, 2, 2, 1, 0]
    """

    stream_inputs: ClassVar[tuple[str, ...]] = ("stream_in",)

    def increment_and_decrement(self, inputs, stream):
        return inputs["stream_in"], stream
