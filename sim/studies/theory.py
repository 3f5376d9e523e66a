"""Curves of theory beside those that are measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from stochastic.generators.generator import Generator

from .value_ports import ValuePort

__all__ = ["binomial_rmse", "discrepancies", "discrepancy_bound"]

# Widths up to which all pairs of codes are looked at.
WIDEST = 10


def binomial_rmse(exact: NDArray[np.float64], length: int, encoding: str) -> float:
    """Return the RMS error of streams of independent bits with these values.

    ``sqrt(p (1 - p) / N)`` for a probability p, twice as much for a bipolar value, and
    ``sqrt(v (1 - v) / N)`` for a magnitude v.
    """
    bipolar = encoding == "bipolar"
    chance = (1 + exact) / 2 if bipolar else np.abs(exact)
    chance = np.clip(chance, 0, 1)
    return float((1 + bipolar) * np.sqrt(np.mean(chance * (1 - chance)) / length))


def discrepancies(
    generators: Sequence[Generator], lengths: Sequence[int]
) -> NDArray[np.float64]:
    """Return the star discrepancy of the first words of one or two generators.

    It is the largest difference between the part of the words below a code, or of the pairs
    of words below a pair of codes, and the product of the codes over 2^n.

    Parameters
    ----------
    generators : sequence of one or two Generator, of one width
    lengths : sequence of int

    Returns
    -------
    float64 array ``[lengths]``
    """
    size = 1 << generators[0].width
    words = [g.words(max(lengths)).astype(np.int64) for g in generators]
    shape = (size,) * len(generators)
    counts = np.zeros(shape, np.int64)
    share: Any = np.arange(1, size + 1) / size
    product = share if len(generators) == 1 else np.multiply.outer(share, share)
    results = np.empty(len(lengths))
    done = 0
    for place in np.argsort(lengths, kind="stable"):
        length = int(lengths[place])
        np.add.at(counts, tuple(w[done:length] for w in words), 1)
        done = length
        below = counts
        for axis in range(len(generators)):
            below = below.cumsum(axis=axis)
        results[place] = np.abs(below / length - product).max()
    return results


def discrepancy_bound(
    circuit: Circuit,
    ports: list[ValuePort],
    law: Any,
    generators: Sequence[Generator],
    lengths: Sequence[int],
    output: str,
    encoding: str,
) -> NDArray[np.float64] | None:
    """Return the largest error that a gate of one or two streams can have at each length.

    The output of a gate without state is a sum of products of its inputs' bits. Each product
    is 1 where the words are below the codes, so that its mean is off by at most the star
    discrepancy of the words. What rounding to codes adds is included.

    Returns
    -------
    float64 array ``[lengths]`` or None
        None for circuits with state, of more streams, or with wide words.
    """
    if (
        circuit.sequential
        or not 1 <= len(ports) <= 2
        or any(p.coded or p.port.count > 1 or p.encoding == "sign-magnitude" for p in ports)
        or generators[0].width > WIDEST
    ):
        return None

    def chance(*probabilities: float) -> float:
        given = {
            port.name: np.array([p if port.encoding == "unipolar" else 2 * p - 1])
            for port, p in zip(ports, probabilities, strict=True)
        }
        found = law(circuit, given, ports[0].encoding)
        found = found[output] if isinstance(found, dict) else found
        return float(found[0] if encoding == "unipolar" else (1 + found[0]) / 2)

    if len(ports) == 1:
        zero, one = chance(0), chance(1)
        terms: dict[tuple[int, ...], float] = {(0,): one - zero}
        slopes = [abs(one - zero)]
        linear = abs(chance(0.3) - zero - 0.3 * (one - zero)) < 1e-9
    else:
        corners = [[chance(a, b) for b in (0, 1)] for a in (0, 1)]
        base = corners[0][0]
        first, second = corners[1][0] - base, corners[0][1] - base
        both = corners[1][1] - base - first - second
        terms = {(0,): first, (1,): second, (0, 1): both}
        slopes = [max(abs(c), abs(c + both)) for c in (first, second)]
        expected = base + 0.3 * first + 0.6 * second + 0.18 * both
        linear = abs(chance(0.3, 0.6) - expected) < 1e-9
    if not linear:
        return None
    bound = np.full(len(lengths), sum(slopes) / (2 << generators[0].width))
    for places, factor in terms.items():
        if factor:
            bound = bound + abs(factor) * discrepancies(
                [generators[i] for i in places], lengths
            )
    return bound * (1 + (encoding == "bipolar"))
