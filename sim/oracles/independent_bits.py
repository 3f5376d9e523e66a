"""Expectations of gates whose output bits are independent from cycle to cycle."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation

__all__ = ["expect_independent_bits", "random_streams"]


def random_streams(rng, cycles, probabilities):
    """Return independent bits, int64 ``[cycles, columns]``.

    Parameters
    ----------
    rng : numpy.random.Generator
    cycles : int
    probabilities : float array ``[columns]``
        Of a one in each column.
    """
    bits = rng.random((cycles, len(probabilities))) < probabilities
    return bits.astype(np.int64)


def expect_independent_bits(inputs, port, probability, law):
    """Expect the mean of a one-bit port whose bits are independent.

    Parameters
    ----------
    inputs : dict of str to int array ``[cycles, lanes * count]``
    port : str
        The output port.
    probability : float array ``[lanes]``
        Of a one, in closed form.
    law : str
        The closed form in words, and its source.
    """
    cycles = len(next(iter(inputs.values())))
    probability = np.asarray(probability)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs[port].mean(axis=0),
        expected=probability,
        tolerance=5 * np.sqrt(probability * (1 - probability) / cycles),
        source=(
            f"{law}; five standard deviations of the mean of N independent bits, "
            "sqrt(p (1 - p) / N) with p the probability of a one"
        ),
    )
