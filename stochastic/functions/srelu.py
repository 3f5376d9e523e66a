"""Rectifier (ReLU) by a saturating counter."""

from __future__ import annotations

import dataclasses

from ..circuit import StateMachine

__all__ = ["Srelu"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Srelu(StateMachine):
    """Rectifier max(x, 0): a counter of the output's own sum keeps it from going below 0.

    Parameters
    ----------
    states : int
        K, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default 1, a sum of 0.

    Notes
    -----
    Ports: ``x`` and ``y``, bipolar, one bit each. State S stands for the sum S - 1 of the
    output so far, with bits of -1 and 1. In state 0 the output is 1, in all others it is x.
    The state follows the output: it rises by 1 on 1 and falls by 1 on 0, held at the upper
    end. Latency 0.

    For x of -1 the output is 0, 1, 0, 1 ...: exactly zero. For independent bits with the
    probability p of a one, q = 1 - p and r = p / q, the exact mean of y is
    ``x + 2 q^2 / (q + 1 + r + ... + r^(K - 2))``. It tends to ``max(x, 0)`` and is largest
    above it at x = 0, by ``1 / (2 K - 1)``. The
    sum of the output's bits is never below -1.

    Source: the counter that prevents a negative output, as in Z. Li et al., "HEIF: Highly
    Efficient Stochastic Computing-Based Inference Framework for Deep Neural Networks", IEEE
    TCAD 2018, from memory of its rectifier: the states are this library's definition. The
    exact mean is the stationary law of the counter.

    Examples
    --------
    >>> from stochastic import Srelu
    >>> outputs, _ = Srelu(states=4).run({"x": [0, 0, 0, 0, 1, 1, 0]})
    >>> outputs["y"][:, 0].tolist()
    [0, 1, 0, 1, 1, 1, 0]
    """

    def __post_init__(self) -> None:
        if self.initial is None:
            self._set(initial=1)
        super().__post_init__()

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "bipolar"}

    def move(self, state: int, *bits: int) -> int:
        return 1 if state == 0 or bits[0] else -1

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state == 0 or bits[0]),)
