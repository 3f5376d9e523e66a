"""Check of the weights of a layer."""

from __future__ import annotations

from typing import Any

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.checks import shown

__all__ = ["check_weights"]


def check_weights(weights: Any, width: int) -> tuple[tuple[int, ...], ...]:
    """Return rows of codes, one for each neuron, as integers.

    Raises
    ------
    TypeError, ValueError
        If they are no tuple of tuples of one length of at least 2, or a code is outside of
        0..2^width.
    """
    if not isinstance(weights, tuple) or not weights:
        raise TypeError(f"IntegralLayer weights must be a tuple of rows, not {shown(weights)}")
    largest = 1 << width
    for row in weights:
        if not isinstance(row, tuple):
            raise TypeError(f"IntegralLayer row of weights must be a tuple, not {shown(row)}")
        if len(row) != len(weights[0]) or len(row) < 2:
            raise ValueError(
                "IntegralLayer rows must have one length of at least 2, "
                f"not {len(weights[0])} and {len(row)}"
            )
    return tuple(
        tuple(check_integer("IntegralLayer weight", code, 0, largest) for code in row)
        for row in weights
    )
