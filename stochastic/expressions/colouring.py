"""Colours of a graph: as few as its edges allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

__all__ = ["colouring"]

Vertex = TypeVar("Vertex", bound=Hashable)

# Looks at a vertex in the exact search; beyond them the best colouring so far is taken.
MOST_LOOKS = 1_000_000


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
    if not order:
        return {}, True
    found: dict[Vertex, int] = {}
    # How many neighbours of a vertex have each colour.
    near: dict[Vertex, Counter[int]] = {v: Counter() for v in order}
    best: dict[Vertex, int] = {}
    fewest = len(order) + 1

    def next_vertex() -> Vertex:
        free = (v for v in order if v not in found)
        return max(free, key=lambda v: (len(near[v]), len(around[v])))

    steps = 0
    # A vertex, how many colours there are before it, and the first one that is left to try.
    choices = [(next_vertex(), 0, 0)]
    while choices and not (best and steps * len(order) > MOST_LOOKS):
        vertex, used, first = choices.pop()
        if vertex in found:
            colour = found.pop(vertex)
            for other in around[vertex]:
                near[other][colour] -= 1
                if not near[other][colour]:
                    del near[other][colour]
        # A colour that is not in use yet is the same as any other such colour.
        colour = next((c for c in range(first, used + 1) if c not in near[vertex]), used + 1)
        total = max(used, colour + 1)
        if colour > used or total >= fewest:
            continue
        steps += 1
        choices.append((vertex, used, colour + 1))
        found[vertex] = colour
        for other in around[vertex]:
            near[other][colour] += 1
        if len(found) == len(order):
            best, fewest = dict(found), total
        else:
            choices.append((next_vertex(), total, 0))
    return {v: best[v] for v in order}, not choices or fewest == _clique(around)


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
