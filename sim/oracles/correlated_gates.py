"""Expectations of gates of correlated streams."""

from __future__ import annotations

import numpy as np

from stochastic import Desynchronizer

from ..entry import Expectation
from .held_ones import CYCLES, expect_pair_means, pair_of_streams
from .synchronized import desynchronized_pair, synchronized_pair

__all__ = ["expect_gate"]


def expect_gate(parameters, lanes, rng, port, law_of, law):
    """Expect the mean of a gate behind a synchronizer or desynchronizer.

    Parameters
    ----------
    parameters : CorrelatedGate
    port : str
        The output port.
    law_of : callable
        From the probabilities of a, of b and of both at the gate to that of its output.
    law : str
        The same in words, with p, q and r.
    """
    apart = parameters.pairing is Desynchronizer
    if parameters.depth == 0:
        return _alone(lanes, rng, port, law_of, law, apart)
    p, q, inputs = pair_of_streams(rng, lanes)
    chain = desynchronized_pair if apart else synchronized_pair
    up, down, both, first, second = chain(p, q, parameters.depth)
    return expect_pair_means(
        inputs,
        up,
        down,
        0 if apart else parameters.depth,
        [law_of(first, second, both)],
        [lambda outputs: outputs[port]],
        f"{law} with p, q and r the probabilities of a one of a, of b and of both, in the "
        "geometric law of the ones held back",
    )


def _alone(lanes, rng, port, law_of, law, apart):
    """Expect the exact value of streams whose ones coincide, or exclude each other."""
    first, second = rng.integers(0, CYCLES + 1, (2, lanes))
    order = rng.permuted(np.tile(np.arange(CYCLES)[:, None], lanes), axis=0)
    ones = {"a": order < first}
    ones["b"] = order >= CYCLES - second if apart else order < second
    both = np.maximum(first + second - CYCLES, 0) if apart else np.minimum(first, second)
    return Expectation(
        inputs={name: bits.astype(np.int64) for name, bits in ones.items()},
        measure=lambda outputs: outputs[port].sum(axis=0),
        expected=law_of(first, second, both),
        tolerance=0,
        source=(
            f"{law}, where r is {'max(p + q - 1, 0)' if apart else 'min(p, q)'}: exact for "
            f"streams of SCC {'-1' if apart else '+1'}"
        ),
    )
