"""Checks of circuits that compute exactly on a pair of correlated streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from stochastic import Bitstream

__all__ = ["check_correlated_pairs", "check_the_circuit_in_front"]

Function = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def check_correlated_pairs(
    circuit: Circuit, function: Function, *, overlap: str = "most"
) -> None:
    """Compare the ones of all pairs of values of 16 bits with a function of 0..16.

    Parameters
    ----------
    circuit : Circuit
        Without a circuit in front.
    function : callable
        Of two arrays of counts.
    overlap : {"most", "least"}
        Whether the ones of the streams are in the same places, SCC = 1, or not, SCC = -1.
    """
    a, b = np.indices((17, 17))[..., None]
    order = np.random.default_rng(1).permuted(np.tile(np.arange(16), (17, 17, 1)), axis=-1)
    second = order < b if overlap == "most" else order >= 16 - b
    streams = (Bitstream.from_bits(bits, "unipolar") for bits in (order < a, second))
    found = circuit.apply(**dict(zip("ab", streams, strict=True)))
    np.testing.assert_array_equal(found.count(), function(a, b)[..., 0])


def check_the_circuit_in_front(circuit_of: Callable[..., Circuit], function: Function) -> None:
    """Check that the error on independent streams of 256 bits falls with the depth.

    Parameters
    ----------
    circuit_of : callable
        Takes `depth`.
    function : callable
        Of two arrays of values 0..1.
    """
    rng = np.random.default_rng(2)
    value = rng.random((2, 4000, 1))
    bits = rng.random((2, 4000, 256)) < value
    first, second = (Bitstream.from_bits(x, "unipolar") for x in bits)
    wanted = function(*bits.mean(axis=-1))
    errors = [
        np.abs(
            circuit_of(depth=depth).apply(a=first, b=second, correlated=True).value - wanted
        ).mean()
        for depth in (0, 1, 2, 4)
    ]
    # Deeper circuits pair more ones, and keep up to `depth` of them: D / N.
    assert errors[0] > 0.05
    assert errors[1] < errors[0] / 3
    assert errors[2] < errors[1]
    assert errors[3] < 0.015
