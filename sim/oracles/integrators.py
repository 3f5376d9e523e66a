"""Probabilities of the streams that drive integrators to both ends."""

from __future__ import annotations

import numpy as np

__all__ = ["piecewise_probabilities"]


def piecewise_probabilities(parameters, cycles, lanes, rng):
    """Return probabilities ``[cycles, lanes]``, constant long enough to reach both ends.

    The ends of counters of more than 8 bits are not reached.
    """
    length = 4 << min(parameters.width, 8)
    values = rng.choice([0, 0.1, 0.5, 0.9, 1], (-(-cycles // length), lanes))
    return np.repeat(values, length, axis=0)[:cycles]


# Bits of the widest counter that comes to every word of its generator by itself.
NARROW = 12

# Cycles within which a counter comes to a word.
LONGEST = 1 << 17


def moves_to_words(generator, value, *, feedback=False):
    """Return moves that bring a counter to words of its generator, where a comparator turns.

    The counter is at a word in the cycle of this word, and rises from it. With feedback it is
    one above another word before, and falls to that.

    Parameters
    ----------
    generator : Generator
    value : int
        The counter after reset.
    feedback : bool
        Whether it falls only in cycles in which the word is below it, and rises in others.

    Returns
    -------
    tuple of int array ``[cycles]`` and bool array ``[cycles]``
        The moves, -1, 0 or 1, and whether the counter is above the word.
    """
    words = generator.words(LONGEST).astype(np.int64)
    near = np.flatnonzero(abs(words - value) < np.arange(LONGEST))
    words = words.tolist()
    moves, above = [], []
    offset = int(feedback)
    for end in near.tolist():
        goal, begin = words[end] + offset, len(moves)
        if end < begin or abs(goal - value) > end - begin:
            continue
        now, steps, falls = value, [], []
        for word in words[begin:end]:
            step = (goal > now) - (goal < now)
            falls.append(word < now)
            steps.append(0 if feedback and falls[-1] != (step < 0) else step)
            now += steps[-1]
        if now != goal:
            continue
        moves += [*steps, 1 - 2 * offset]
        above += [*falls, offset == 1]
        value = now + moves[-1]
        if not offset:
            break
        offset = 0
    return np.array(moves), np.array(above)
