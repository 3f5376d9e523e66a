"""Linear gain with saturation by a counter with two inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from ..circuit import StateMachine

__all__ = ["LinearGain"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LinearGain(StateMachine):
    """Linear gain: ``y = clip(g x, -1, 1)``, where a second stream sets g.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``x``, bipolar, ``k``, unipolar, and ``y``, bipolar, one bit each. In the upper
    half the state rises by 1 where x and k are 1, and falls by 1 where x is 0. In the lower
    half it rises by 1 where x is 1, and falls by 1 where x is 0 and k is 1. It is held at
    both ends; ``y = (S >= K / 2)``. Latency 1.

    For independent bits and many states y is ``clip(g x, -1, 1)`` with
    ``g = (1 + k) / (1 - k)``, hence ``k = (g - 1) / (g + 1)``.

    Source: B. D. Brown and H. C. Card, "Stochastic Neural Computation I: Computational
    Elements", IEEE Transactions on Computers 50(9), 2001.

    Examples
    --------
    >>> from stochastic import LinearGain
    >>> streams = {"x": [0, 0, 1, 1, 1], "k": [0, 1, 0, 0, 1]}
    >>> outputs, _ = LinearGain(states=4).run(streams)
    >>> outputs["y"][:, 0].tolist()
    [1, 0, 0, 0, 1]
    """

    stream_inputs: ClassVar[tuple[str, ...]] = ("x", "k")
    meanings: ClassVar[Mapping[str, str]] = {"k": "stream that sets the gain"}
    independent: ClassVar[tuple[str, ...]] = ("x", "k")
    EVEN_STATES: ClassVar[bool] = True

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "k": "unipolar", "y": "bipolar"}

    def move(self, state: int, *bits: int) -> int:
        x, k = bits
        upper = state >= self.states // 2
        if x:
            return k if upper else 1
        return -1 if upper else -k

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state >= self.states // 2),)
