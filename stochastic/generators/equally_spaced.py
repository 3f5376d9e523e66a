"""Copies of a generator at equally spaced phases."""

from __future__ import annotations

from .generator import Generator

__all__ = ["equally_spaced"]


def equally_spaced(generator: Generator, count: int) -> tuple[Generator, ...]:
    """Return `count` copies of a generator, at phases ``period // count`` apart.

    Examples
    --------
    >>> from stochastic import Counter
    >>> [copy.phase for copy in equally_spaced(Counter(width=3), 4)]
    [0, 2, 4, 6]
    """
    spacing = generator.period // count
    return tuple(
        generator.replace(phase=(generator.phase + i * spacing) % generator.period)
        for i in range(count)
    )
