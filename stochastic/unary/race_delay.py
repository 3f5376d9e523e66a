"""Sum of a time and a constant."""

from __future__ import annotations

import dataclasses

from ..correlation.isolator import Isolator

__all__ = ["RaceDelay"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceDelay(Isolator):
    """Addition of a constant in race logic: flip-flops delay the edge.

    Parameters
    ----------
    cycles : int
        The constant, 1..32.

    Notes
    -----
    Ports: ``x`` to ``y``, one bit each, edges as `RaceEncoder` makes them. Latency `cycles`.
    The time of the edge at y is that of x and `cycles` more. Only ``rst`` makes ready for
    another edge. Exact.

    Source: A. Madhavan, T. Sherwood and D. Strukov, "Race Logic: A Hardware Acceleration for
    Dynamic Programming Algorithms", ISCA 2014.

    Examples
    --------
    >>> from stochastic import RaceDelay
    >>> RaceDelay(cycles=2).run({"x": [0, 1, 1, 1, 1]})[0]["y"][:, 0].tolist()
    [0, 0, 0, 1, 1]
    """
