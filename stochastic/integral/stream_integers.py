"""Integers of the weights' streams of a layer, in every cycle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.kernels.compiled import compiled

from .stream_faults import StreamFaults, faulty
from .stream_seeds import stream_seeds, stream_words

__all__ = ["stream_integers"]


def stream_integers(
    codes: NDArray[np.integer],
    range_: int,
    width: int,
    seed: int,
    length: int,
    faults: StreamFaults | None = None,
) -> NDArray[np.int8]:
    """Return the integers of bipolar streams of some weights, ``[length, K, J]``.

    Stream j of input i has register number ``i m + j`` of `stream_seeds`, in all J neurons.

    Parameters
    ----------
    codes : int array ``[K, J]``
        Codes of the weights, 0..2^width.
    range_ : int
        Range m, 1..64.
    width : int
        Bits of the registers, 3..16.
    seed : int
        Of `stream_seeds`.
    length : int
        Cycles.
    faults : StreamFaults, optional
        Those of weights hit the bits of the streams; others have no effect here.

    Examples
    --------
    >>> stream_integers(np.array([[0, 8, 16]]), 2, 4, 1, 3).tolist()
    [[[-2, 0, 2]], [[-2, 2, 2]], [[-2, 2, 2]]]
    """
    seeds = stream_seeds(len(codes) * range_, width, seed)
    integers = np.empty((length, *codes.shape), np.int8)
    # Code 2^16 of 16-bit registers needs more than 16 bits.
    kind = np.int32 if width == 16 else np.int16
    words = stream_words(seeds, width, length).astype(kind)
    fault, masks = 0, np.zeros((0, 0), np.int64)
    if faults is not None and faults.node == "weights":
        fault, masks = faults.kind_number, faults.words(length, len(codes) * range_)
    _compare(words, codes.astype(kind), range_, fault, masks, integers)
    return integers


@compiled
def _compare(words, codes, range_, fault, masks, integers):
    inputs, outputs = codes.shape
    for t in range(integers.shape[0]):
        for i in range(inputs):
            row = integers[t, i]
            row[:] = -range_
            for j in range(range_):
                word = words[t, i * range_ + j]
                if masks.size and masks[t, i * range_ + j]:
                    for k in range(outputs):
                        row[k] += np.int8(2 * faulty(int(word < codes[i, k]), 0, 1, fault))
                else:
                    for k in range(outputs):
                        row[k] += np.int8(2) if word < codes[i, k] else np.int8(0)
