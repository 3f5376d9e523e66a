"""Values of ports as words that hold one bit of up to 64 lanes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["LANES", "control_words", "lane_words", "port_toggles", "used_lanes"]

LANES = 64


def lane_words(values: NDArray[np.int64], width: int, count: int) -> NDArray[np.uint64]:
    """Return the bits of a port, lanes side by side in words.

    Parameters
    ----------
    values : int64 array ``[cycles, lanes * count]``
        At most 64 lanes.
    width, count : int
        Of the port.

    Returns
    -------
    uint64 array ``[cycles, count * width]``
        Bit l of a word belongs to lane l.
    """
    cycles = len(values)
    split = values.reshape(cycles, -1, count)
    words = np.zeros((cycles, count, width, LANES // 8), np.uint8)
    for bit in range(width):
        bits = (split >> bit & 1).astype(np.uint8)
        packed = np.packbits(bits, axis=1, bitorder="little")
        words[:, :, bit, : packed.shape[1]] = packed.transpose(0, 2, 1)
    return words.view("<u8").reshape(cycles, count * width)


def control_words(values: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return a pin that is the same in all lanes as words ``[cycles, 1]``."""
    return np.where(values[:, None], ~np.uint64(0), np.uint64(0))


def used_lanes(lanes: int) -> np.uint64:
    """Return a word with a 1 for each lane."""
    return np.uint64((1 << lanes) - 1)


def port_toggles(
    parameters: Circuit, streams: Mapping[str, NDArray[np.int64]], lanes: int, begin: int
) -> dict[str, list[int]]:
    """Count the transitions of every bit of the ports from their streams alone.

    Parameters
    ----------
    parameters : Circuit
    streams : mapping of str to int64 array ``[cycles, lanes * count]``
        Inputs, and outputs of the golden model.
    lanes : int
    begin : int
        The first cycle whose transition into the next one counts.

    Returns
    -------
    dict of str to list of int
        For each port the counts of its bits over all lanes, lowest bit first.
    """
    found = {}
    for port in parameters.ports:
        words = lane_words(streams[port.name], port.width, port.count)[begin:]
        changes = (words[1:] ^ words[:-1]) & used_lanes(lanes)
        found[port.name] = np.bitwise_count(changes).sum(axis=0, dtype=np.int64).tolist()
    return found
