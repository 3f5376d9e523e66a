"""Laws of independent streams behind a synchronizer or a desynchronizer."""

from __future__ import annotations

import numpy as np

__all__ = ["desynchronized_pair", "synchronized_pair"]


def synchronized_pair(p, q, depth):
    """Return the chain of a synchronizer and the probabilities of its outputs.

    Parameters
    ----------
    p, q : float array ``[lanes]``
        Means of the independent streams a and b.
    depth : int

    Returns
    -------
    up, down : float array ``[lanes, 2 depth + 1]``
        Probability of a step in each state; state `depth` holds nothing back.
    both, a_out, b_out : float array ``[lanes, 2 depth + 1]``
        Probability that both outputs are 1, and that each is 1.
    """
    p, q = p[:, None], q[:, None]
    held = np.arange(-depth, depth + 1)
    lone_a, lone_b = p * (1 - q) + 0 * held, q * (1 - p) + 0 * held
    both = p * q + (held < 0) * lone_a + (held > 0) * lone_b
    return (
        lone_a,
        lone_b,
        both,
        both + (held == depth) * lone_a,
        both + (held == -depth) * lone_b,
    )


def desynchronized_pair(p, q, depth):
    """Return the chain of a desynchronizer and the probabilities of its outputs.

    Returns
    -------
    up, down, both, a_out, b_out : float array ``[lanes, depth + 1]``
        As for `synchronized_pair`; state 0 holds nothing back.
    """
    p, q = p[:, None], q[:, None]
    held = np.arange(depth + 1)
    pair, none = p * q + 0 * held, (1 - p) * (1 - q) + 0 * held
    both = pair * (held == depth)
    b_out = q * (1 - p) + both + none * (held > 0)
    return pair, none, both, p + 0 * held, b_out
