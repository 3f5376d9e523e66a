"""Laws of counters of the difference of two streams that select one of them."""

from __future__ import annotations

import numpy as np

from .held_ones import expect_pair_means, pair_of_streams

__all__ = ["expect_selected"]


def expect_selected(parameters, lanes, rng, upper):
    """Expect the mean of the stream that a counter selects.

    Parameters
    ----------
    parameters : Smax or Smin
    upper : {"a", "b"}
        The stream that the upper half of the counter selects.
    """
    p, q, inputs = pair_of_streams(rng, lanes)
    states = np.arange(parameters.states)
    up = np.repeat((p * (1 - q))[:, None], len(states), axis=1)
    down = np.repeat((q * (1 - p))[:, None], len(states), axis=1)
    high, low = (p, q) if upper == "a" else (q, p)
    ones = np.where(states >= len(states) // 2, high[:, None], low[:, None])
    return expect_pair_means(
        inputs,
        up,
        down,
        parameters.initial,
        [ones],
        [lambda outputs: outputs["y"]],
        "the mean of the selected stream in the geometric law of ratio p (1 - q) / (q (1 - p))",
    )
