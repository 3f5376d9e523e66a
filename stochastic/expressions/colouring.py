"""Colours of a graph: as few as its edges allow."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

__all__ = ["colouring"]

Vertex = TypeVar("Vertex", bound=Hashable)

# Steps of the exact search; beyond them the best colouring so far is taken.
MOST_STEPS = 20_000


def colouring(
    vertices: Iterable[Vertex], edges: Iterable[tuple[Vertex, Vertex]]
) -> tuple[dict[Vertex, int], bool]:
    """Return colours 0, 1, ... such that the ends of every edge differ.

    Parameters
    ----------
    vertices : iterable
    edges : iterable of pairs of different vertices

    Returns
    -------
    colours : dict
        By vertex, in the order of the vertices.
    fewest : bool
        Whether it is proven that there is no colouring with fewer colours.

    Notes
    -----
    Source: D. Brélaz, "New methods to color the vertices of a graph", Communications of the
    ACM 22(4), 1979: the vertex with the most colours around it is next (DSATUR), with a
    search over all choices that could need fewer colours.

    Examples
    --------
    >>> colouring("abc", [("a", "b"), ("b", "c")])
    ({'a': 1, 'b': 0, 'c': 1}, True)
    """
    order = list(dict.fromkeys(vertices))
    around: dict[Vertex, set[Vertex]] = {v: set() for v in order}
    for one, other in edges:
        around[one].add(other)
        around[other].add(one)
    best: dict[Vertex, int] = {}
    fewest = len(order) + 1
    steps = 0

    def search(found: dict[Vertex, int], used: int) -> None:
        nonlocal best, fewest, steps
        steps += 1
        if used >= fewest or (steps > MOST_STEPS and best):
            return
        if len(found) == len(order):
            best, fewest = dict(found), used
            return
        vertex = max(
            (v for v in order if v not in found),
            key=lambda v: (len({found[n] for n in around[v] if n in found}), len(around[v])),
        )
        taken = {found[n] for n in around[vertex] if n in found}
        # A colour that is not in use yet is the same as any other such colour.
        for colour in range(used + 1):
            if colour not in taken:
                found[vertex] = colour
                search(found, max(used, colour + 1))
                del found[vertex]

    search({}, 0)
    return {v: best[v] for v in order}, steps <= MOST_STEPS or fewest == _clique(around)


def _clique(around: Mapping[Vertex, set[Vertex]]) -> int:
    """Return the size of a set of vertices that all need different colours."""
    largest = 0
    for start in around:
        members = {start}
        for other in sorted(around[start], key=lambda v: -len(around[v])):
            if members <= around[other]:
                members.add(other)
        largest = max(largest, len(members))
    return largest
