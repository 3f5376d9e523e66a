"""Catalogue entry of `multiplier`."""

from __future__ import annotations

import numpy as np

from stochastic import Multiplier

from ...entry import Entry, Expectation
from ...oracles.laws import product

__all__ = ["ENTRY"]


def product_of_means(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the product of the means of independent streams."""
    cycles = max(cycles, 1024)
    p, q = rng.uniform(0.1, 0.9, (2, lanes))
    ones = p * q
    inputs = {"a": rng.random((cycles, lanes)) < p, "b": rng.random((cycles, lanes)) < q}
    scale, offset = 1, 0
    if parameters.encoding == "bipolar":
        ones, scale, offset = p * q + (1 - p) * (1 - q), 2, -1
    if parameters.encoding == "sign-magnitude":
        for name in ("a_sign", "b_sign"):
            inputs[name] = np.tile(rng.integers(0, 2, lanes), (cycles, 1))
        scale = np.prod([1 - 2 * inputs[name][0] for name in ("a_sign", "b_sign")], axis=0)

    def measure(outputs):
        if parameters.encoding == "sign-magnitude":
            return (outputs["product"] * (1 - 2 * outputs["product_sign"])).mean(axis=0)
        return scale * outputs["product"].mean(axis=0) + offset

    return Expectation(
        inputs={name: values.astype(np.int64) for name, values in inputs.items()},
        measure=measure,
        expected=scale * ones + offset,
        tolerance=5 * np.abs(scale) * np.sqrt(ones * (1 - ones) / cycles),
        source=(
            "p q for AND, (2 p - 1)(2 q - 1) for XNOR; five standard deviations of the mean "
            "of N independent bits, sqrt(r (1 - r) / N) where r is the probability of a one"
        ),
    )


ENTRY = Entry(
    name="multiplier",
    default=Multiplier(),
    edges=(Multiplier(encoding="bipolar"), Multiplier(encoding="sign-magnitude")),
    oracle=product_of_means,
    law=product,
)
