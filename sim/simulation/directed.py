"""Directed stimulus: what random values rarely do to a circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port

__all__ = ["directed_cycles", "drive"]

# Cycles of the reset at the start, and of the pause and of the reset after a drive.
START = 3
PAUSE = 6
RESET = 2

# Cycles of a short drive: enough to leave the reset state.
SHORT = 24

# A directed part of more cycles has room for longer drives.
ROOMY = 8192

# A counter of more bits does not go through its range on a bench of reasonable length.
WIDEST_COUNTER = 9


class _Drive(NamedTuple):
    """Cycles in which the inputs are held.

    Attributes
    ----------
    ends : dict of str to str
        How each port is driven: ``"low"``, ``"high"`` or by ``"turns"``.
    cycles : int
        All of them, with the pause and the reset at the end.
    resets : bool
        Whether a reset follows.
    """

    ends: dict[str, str]
    cycles: int
    resets: bool


def _ends(ports: Sequence[Port]) -> list[dict[str, str]]:
    """Return how the ports are driven, in turn.

    Each port is alone at one end while the others are at the other. Whatever a port does, such
    as counting up, loading or waiting, therefore goes on by itself for a while.
    """
    names = [port.name for port in ports]
    low, high = (dict.fromkeys(names, end) for end in ("low", "high"))
    found = [high, low]
    for name in names:
        found += [low | {name: "high"}, high | {name: "low"}]
    found.append(dict.fromkeys(names, "turns"))
    return [ends for number, ends in enumerate(found) if names and ends not in found[:number]]


def _drives(parameters: Circuit) -> Iterator[_Drive]:
    """Yield short drives with a reset after each, then long ones from one end to the other."""
    ends = _ends(parameters.inputs)
    rest = PAUSE + RESET
    for each in ends:
        yield _Drive(each, SHORT + rest, True)
    widths = [r.width for r in parameters.registers if r.width <= WIDEST_COUNTER]
    long = (1 << max(widths, default=0)) + 8
    if long > SHORT:
        for number, each in enumerate(ends):
            yield _Drive(each, long + rest, number == len(ends) - 1)


def directed_cycles(parameters: Circuit) -> int:
    """Return the length of the whole directed stimulus of a circuit."""
    return START + sum(each.cycles for each in _drives(parameters))


def drive(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
) -> None:
    """Overwrite the first half of a stimulus, or less, by directed stimulus.

    It begins with a reset. Then each drive holds the inputs. At its end enable is low for some
    cycles in which the inputs are at their other ends, and a reset may follow, with and
    without enable. Where there is not enough time for all drives, they are shorter.

    Parameters
    ----------
    parameters : Circuit
    inputs : dict of str to int64 array ``[cycles, lanes * count]``
    enable, rst : bool array ``[cycles]``
    """
    cycles = len(enable)
    scale = min(1.0, cycles / 2 / directed_cycles(parameters))
    longer = scale * _stretch(parameters, cycles)
    enable[:START], rst[:START] = True, True
    enable[1:2] = False
    begin = START
    for number, each in enumerate(_drives(parameters)):
        times = longer if each.cycles > SHORT + PAUSE + RESET else scale
        length = max(int(each.cycles * times), PAUSE + RESET + 2)
        stop = begin + length
        if stop > cycles // 2:
            break
        _hold(parameters, inputs, each.ends, begin, stop)
        enable[begin:stop], rst[begin:stop] = True, False
        enable[stop - RESET - PAUSE : stop - RESET] = False
        if each.resets:
            rst[stop - RESET : stop] = True
            enable[stop - RESET : stop - 1] = number % 2
        begin = stop


def _stretch(parameters: Circuit, cycles: int) -> float:
    """Return by how much the long drives are longer in a stimulus that has room for it.

    The counter of an ADDIE comes to its end ever more slowly: one of n bits needs about
    n 2^n cycles.
    """
    whole = directed_cycles(parameters)
    short = SHORT + PAUSE + RESET
    long = sum(each.cycles for each in _drives(parameters) if each.cycles > short)
    room = cycles // 2 - max(whole, ROOMY)
    return 1.0 + min(max(room, 0) / long, 9.0) if long else 1.0


def _hold(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    ends: dict[str, str],
    begin: int,
    stop: int,
) -> None:
    """Hold the inputs at their ends, and at the other ends in the pause."""
    pause = slice(stop - RESET - PAUSE, stop - RESET)
    for port in parameters.inputs:
        values = inputs[port.name]
        low, high = port.range
        if ends[port.name] == "turns":
            values[begin:stop:2], values[begin + 1 : stop : 2] = low, high
        else:
            end, other = (low, high) if ends[port.name] == "low" else (high, low)
            values[begin:stop] = end
            values[pause] = other
