"""State machines on packed streams, 64 at a time, by look-ups in a table of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred
from fixedpoint.kernels.processor import has_feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["has_look_ups", "look_up_tables", "run_look_ups"]

look_up_word, words_of_streams, words_to_streams = deferred(
    "stochastic.circuit.byte_look_ups", "look_up_word", "words_of_streams", "words_to_streams"
)


def has_look_ups() -> bool:
    """Return whether the processor looks up 64 bytes at once."""
    return has_feature("avx512vbmi")


def look_up_tables(
    moves: NDArray[np.int64], outputs: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], int, int] | None:
    """Return the tables by which a saturating state machine runs, or None if too large.

    Parameters
    ----------
    moves : int64 array ``[2^inputs, K]``
    outputs : int64 array ``[outputs, 2^inputs, K]``
        As `StateMachine.move_table` and `StateMachine.output_table`.

    Returns
    -------
    table : uint8 array ``[64 or 128]``
        The index is ``state 2^f + inputs``, an entry is ``state 2^f + outputs``. Inputs and
        outputs of c cycles have c bits each: bit ``c i + t`` is input or output i of cycle t.
    cycles : int
        c, 1 or 2.
    field : int
        f, the bits below the state.
    """
    inputs, states = (len(moves) - 1).bit_length(), moves.shape[1]
    width = (states - 1).bit_length()
    for cycles in (2, 1):
        field = cycles * max(inputs, len(outputs))
        if width + field <= 7:
            break
    else:
        return None
    index = np.arange(64 if width + field <= 6 else 128)
    state = np.minimum(index >> field, states - 1)
    entry = np.zeros_like(index)
    for t in range(cycles):
        row = sum((index >> (cycles * i + t) & 1) << i for i in range(inputs))
        for i, bits in enumerate(outputs):
            entry |= bits[row, state] << (cycles * i + t)
        state = np.clip(state + moves[row, state], 0, states - 1)
    return (entry | state << field).astype(np.uint8), cycles, field


def run_look_ups(
    streams: list[NDArray[np.uint64]],
    initial: int,
    tables: tuple[NDArray[np.uint8], int, int],
    results: list[NDArray[np.uint64]],
) -> None:
    """Run a state machine on packed streams by `look_up_tables`.

    Parameters
    ----------
    streams, results : list of uint64 array ``[lanes, words]``
        Contiguous and writeable, one for each input and output.
    initial : int
        The state after reset.
    """
    table, cycles, field = tables
    parts = tuple(table[i : i + 64] for i in range(0, len(table), 64))
    blocks, shown = (
        tuple(np.zeros(256, np.uint64) for _ in arrays) for arrays in (streams, results)
    )
    lanes, words = streams[0].shape
    _run(
        tuple(s.reshape(-1) for s in streams),
        lanes,
        words,
        np.uint8(initial << field),
        parts,
        (0,) * cycles,
        blocks,
        shown,
        tuple(r.reshape(-1) for r in results),
    )


@compiled
def _run(streams, lanes, words, first, tables, pace, blocks, shown, results):
    entry = np.zeros(64, np.uint8)
    step = np.uint64(words)
    for begin in range(0, lanes, 64):
        count = min(64, lanes - begin)
        entry[:] = first
        for word in range(0, words, 4):
            most = min(4, words - word)
            whole = most == 4 and count == 64
            position = np.uint64(begin * words + word)
            for i in range(len(streams)):
                if whole:
                    words_of_streams(streams[i], position, step, blocks[i])
                else:
                    for r in range(count):
                        for w in range(most):
                            at = (begin + r) * words + word + w
                            blocks[i][64 * w + r] = streams[i][at]
            for w in range(most):
                look_up_word(blocks, np.uint64(64 * w), tables, pace, entry, shown)
            for i in range(len(results)):
                if whole:
                    words_to_streams(shown[i], results[i], position, step)
                else:
                    for r in range(count):
                        for w in range(most):
                            at = (begin + r) * words + word + w
                            results[i][at] = shown[i][64 * w + r]
