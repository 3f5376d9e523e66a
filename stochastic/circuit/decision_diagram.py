"""Truth tables as short lists of two-way multiplexers: reduced ordered decision diagrams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["decision_diagram"]


def decision_diagram(
    tables: Sequence[Sequence[int]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one list of multiplexers that computes several truth tables.

    Parameters
    ----------
    tables : sequence of sequence of int
        Bits, ``2^v`` a table for v variables; variable i is bit i of the index.

    Returns
    -------
    nodes : int64 array ``[nodes, 3]``
        Variable, node where it is 0, node where it is 1. Nodes 0 and 1 are the constants;
        a node comes after those that it reads.
    roots : int64 array ``[tables]``
        The node of each table.

    Notes
    -----
    Source: R. E. Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", IEEE
    Transactions on Computers C-35(8), 1986.

    Examples
    --------
    >>> nodes, roots = decision_diagram([[0, 1, 1, 1]])
    >>> nodes[2:].tolist(), roots.tolist()
    ([[0, 0, 1], [1, 2, 1]], [3])
    """
    nodes: list[tuple[int, int, int]] = [(0, 0, 0), (0, 1, 1)]
    known: dict[tuple[int, int, int], int] = {}
    solved: dict[tuple[int, ...], int] = {}

    def node(table: tuple[int, ...]) -> int:
        if len(set(table)) == 1:
            return table[0]
        if table not in solved:
            half = len(table) // 2
            variable = half.bit_length() - 1
            low, high = node(table[:half]), node(table[half:])
            key = (variable, low, high)
            if low != high and key not in known:
                nodes.append(key)
                known[key] = len(nodes) - 1
            solved[table] = low if low == high else known[key]
        return solved[table]

    roots = [node(tuple(int(bool(bit)) for bit in table)) for table in tables]
    return np.array(nodes, np.int64), np.array(roots, np.int64)
