"""MAX-CUT: graphs in the form of the G-set, as Hamiltonians."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_integer

from .hamiltonian import Hamiltonian
from .problem import Problem, check_states, number
from .spin_gate import WEIGHT_LIMIT

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MaxCut"]


@dataclasses.dataclass(frozen=True)
class MaxCut(Problem):
    """Divide the nodes of a graph in two, so that the weight of the edges between is largest.

    Attributes
    ----------
    nodes : int
    edges : tuple of (int, int, int)
        ``(i, j, weight)``, nodes counted from 0.
    best_known : int or None
        The best cut that the file says is known.
    """

    nodes: int
    edges: tuple[tuple[int, int, int], ...]
    best_known: int | None = None

    kind = "maxcut"
    maximize = True

    def __post_init__(self) -> None:
        for i, j, weight in self.edges:
            check_integer("the weight of an edge", weight, -WEIGHT_LIMIT, WEIGHT_LIMIT)
            if not (0 <= i < self.nodes and 0 <= j < self.nodes):
                raise ValueError(
                    f"an edge joins {i + 1} and {j + 1}, but the nodes are 1 to {self.nodes}"
                )
            if i == j:
                raise ValueError(f"an edge joins node {i + 1} with itself")

    @property
    def variables(self) -> int:
        return self.nodes

    @property
    def hamiltonian(self) -> Hamiltonian:
        return Hamiltonian(
            h=(0,) * self.nodes, J=tuple((i, j, -weight) for i, j, weight in self.edges)
        )

    def value(self, spins: ArrayLike) -> NDArray[np.int64]:
        m = check_states(spins, self.nodes)
        if not self.edges:
            return np.zeros(m.shape[:-1], np.int64)
        i, j, weight = np.array(self.edges, np.int64).T
        return (m[..., i] != m[..., j]) @ weight

    @classmethod
    def parse(cls, text: str) -> MaxCut:
        """Return the graph that a text in the form of the G-set describes.

        The text is ``nodes edges``, then one line ``i j weight`` for each edge, the nodes
        counted from 1; a weight that is left out is 1. The other form of these files is
        understood too: ``nodes``, two lines of words, the best known cut, then the edges.

        Raises
        ------
        ValueError
            If the header or an edge is not of that form; the sentence names the line.
        """
        lines = [
            (k, line.split())
            for k, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.startswith(("#", "%"))
        ]
        if not lines:
            raise ValueError("a MAX-CUT file must begin with its numbers of nodes and edges")
        at, header = lines[0]
        best: int | None = None
        count: int | None = None
        if len(header) == 2:
            nodes, count = (number(word, at, "the header") for word in header)
            rest = lines[1:]
        elif len(header) == 1 and len(lines) >= 4 and len(lines[3][1]) == 1:
            nodes = number(header[0], at, "the header")
            best = number(lines[3][1][0], lines[3][0], "the header")
            rest = lines[4:]
        else:
            raise ValueError(
                f"line {at}: the header must be 'nodes edges', not {' '.join(header)!r}"
            )
        if nodes < 1:
            raise ValueError(f"line {at}: the graph must have 1 node or more, not {nodes}")
        edges = []
        for k, words in rest:
            if len(words) not in (2, 3):
                raise ValueError(
                    f"line {k}: an edge must be 'i j weight', not {' '.join(words)!r}"
                )
            i, j = (number(word, k, "an edge") for word in words[:2])
            weight = number(words[2], k, "the weight") if len(words) == 3 else 1
            for node in (i, j):
                if not 1 <= node <= nodes:
                    raise ValueError(f"line {k}: there is no node {node}, only 1 to {nodes}")
            if i == j:
                raise ValueError(f"line {k}: an edge must join two nodes, not {i} with itself")
            edges.append((i - 1, j - 1, weight))
        if count is not None and count != len(edges):
            raise ValueError(f"the header promises {count} edges, but there are {len(edges)}")
        return cls(nodes, tuple(edges), best)
