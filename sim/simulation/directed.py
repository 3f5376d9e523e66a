"""Directed stimulus: what random values rarely do to a circuit."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port

from .modes import hold_modes, mode_cycles
from .settling import Walker

__all__ = ["RANDOM", "directed_cycles", "drive"]

# Cycles of the reset at the start, and of the pause and of the reset after a drive.
START = 3
PAUSE = 6
RESET = 2

# Cycles of a short drive: enough to leave the reset state.
SHORT = 24

# Cycles after a long drive has come to its end.
AFTER = 8

# Drives that wait for registers take at most about this many cycles together. A counter of
# 16 bits comes to its end in 2^13 steps of 8.
LONGEST = 3 << 12

# What goes around, such as the counter of a window, does so in a drive if it has no more bits.
WIDEST_COUNTER = 9


# The inputs turn after 1, 2, ... this many cycles from reset, and then stay for BACK cycles.
DEEPEST = 28
BACK = 16

# Cycles of random stimulus at the end of a long one.
RANDOM = 5120


class _Drive(NamedTuple):
    """Cycles in which the inputs are held.

    Attributes
    ----------
    ends : dict of str to str
        How each port is driven: see `_hold`.
    cycles : int
        All of them, with the pause and the reset at the end.
    resets : bool
        Whether a reset follows.
    enabled : bool
        Whether enable is 1 when it begins.
    """

    ends: dict[str, str]
    cycles: int
    resets: bool
    enabled: bool


def _ends(ports: Sequence[Port]) -> list[dict[str, str]]:
    """Return how the ports are driven, in turn.

    Each port is alone at one end while the others are at the other. Whatever a port does, such
    as counting up, loading or waiting, therefore goes on by itself for a while. The elements
    of a port are also driven apart.
    """
    names = [port.name for port in ports]
    low, high = (dict.fromkeys(names, end) for end in ("low", "high"))
    found = [high, low]
    for name in names:
        found += [low | {name: "high"}, high | {name: "low"}]
    found.append(dict.fromkeys(names, "turns"))
    if any(port.range[1] - port.range[0] > 2 for port in ports):
        found += [dict.fromkeys(names, end) for end in ("above", "below", "zero")]
    for port in ports:
        if port.count > 1:
            found += [high | {port.name: parts} for parts in ("first", "rest", "even")]
    return [ends for number, ends in enumerate(found) if names and ends not in found[:number]]


@functools.lru_cache(maxsize=64)
def _drives(parameters: Circuit) -> tuple[_Drive, ...]:
    """Return short drives with a reset after each, then long ones from one end to the other.

    A long drive lasts until the registers come to rest, such as counters at their ends, if
    they do so in reasonable time.
    """
    ends = _ends(parameters.inputs)
    rest = PAUSE + RESET
    found = [_Drive(each, SHORT + rest, True, k % 2 == 1) for k, each in enumerate(ends)]
    widths = [r.width for r in parameters.registers]
    around = [w for w in widths if w <= WIDEST_COUNTER]
    around += [g.width for g in parameters.generators if g.width < WIDEST_COUNTER]
    base = (1 << max(around, default=0)) + AFTER
    if base <= SHORT and max(widths, default=0) <= WIDEST_COUNTER:
        return tuple(found)
    walker = Walker(parameters)
    room = LONGEST
    # The first ones once more, with a reset at their ends.
    for number, each in enumerate([*ends, *ends[:3]]):
        inputs = functools.partial(_held, parameters, each)
        length = base
        if room > 0 and max(widths, default=0) > 0:
            length = max(base, walker.settle(inputs, room) + AFTER)
        room -= length - base
        resets = number >= len(ends) - 1
        found.append(_Drive(each, length + rest, resets, number % 2 == 1))
        if resets:
            walker = Walker(parameters)
    return tuple(found)


def _held(
    parameters: Circuit, ends: dict[str, str], cycles: int
) -> dict[str, NDArray[np.int64]]:
    """Return held inputs of one lane."""
    inputs = {port.name: np.empty((cycles, port.count), np.int64) for port in parameters.inputs}
    _hold(parameters, inputs, ends, 0, cycles)
    return inputs


def directed_cycles(parameters: Circuit) -> int:
    """Return the length of the whole directed stimulus of a circuit."""
    drives = sum(each.cycles for each in _drives(parameters))
    turns = sum(depth + BACK + 1 for _, _, depth in _turns(parameters))
    return START + drives + turns + mode_cycles(parameters)


def _turns(parameters: Circuit) -> list[tuple[str, str, int]]:
    """Return from which end to which one the inputs turn, and after how many cycles.

    A state machine therefore leaves each of its first states in both directions.
    """
    if not parameters.registers:
        return []
    depths = range(1, DEEPEST + 1)
    return [(a, b, k) for a, b in (("high", "low"), ("low", "high")) for k in depths]


def drive(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
) -> int:
    """Overwrite the begin of a stimulus by directed stimulus.

    Half of it, or `RANDOM` cycles, remain for random stimulus.

    It begins with a reset. Then each drive holds the inputs. At its end enable is low for some
    cycles in which the inputs are at their other ends, and a reset may follow, with and
    without enable. After short drives, inputs of one bit hold while the others change. Long
    drives follow. At last the inputs turn from one end to the other at all times after a
    reset. Where there is not enough time, the first ones are shorter, and the last ones are
    left out.

    Parameters
    ----------
    parameters : Circuit
    inputs : dict of str to int64 array ``[cycles, lanes * count]``
    enable, rst : bool array ``[cycles]``

    Returns
    -------
    int
        The number of cycles that are directed.
    """
    cycles = len(enable)
    room = max(cycles // 2, cycles - RANDOM)
    enable[:START], rst[:START] = True, True
    enable[1:2] = False
    begin = START
    drives = _drives(parameters)
    short = [each for each in drives if each.cycles == SHORT + PAUSE + RESET]
    scale = min(1.0, room / 2 / max(1, sum(each.cycles for each in short)))
    for each in short:
        length = max(int(each.cycles * scale), PAUSE + RESET + 2)
        begin = _hold_drive(parameters, each, length, inputs, enable, rst, begin, room)
    begin = hold_modes(parameters, inputs, enable, rst, begin, room)
    for each in drives:
        if each not in short:
            begin = _hold_drive(parameters, each, each.cycles, inputs, enable, rst, begin, room)
    return _turn(parameters, inputs, enable, rst, begin, room)


def _hold_drive(
    parameters: Circuit,
    each: _Drive,
    length: int,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    begin: int,
    room: int,
) -> int:
    """Hold the inputs for one drive, if there is room, and return the cycle after it."""
    stop = begin + length
    if stop > room:
        return begin
    _hold(parameters, inputs, each.ends, begin, stop)
    pause = slice(stop - RESET - PAUSE, stop - RESET)
    _hold(parameters, inputs, _others(each.ends), pause.start, pause.stop)
    enable[begin:stop], rst[begin:stop] = True, False
    enable[pause] = False
    if each.resets:
        rst[stop - RESET : stop] = True
        enable[stop - RESET : stop - 1] = each.enabled
    return stop


def _turn(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    begin: int,
    room: int,
) -> int:
    """Turn the inputs from end to end, as often as there is room; return the cycle after."""
    names = [port.name for port in parameters.inputs]
    for there, back, depth in _turns(parameters):
        stop = begin + depth + BACK + 1
        if stop > room:
            break
        _hold(parameters, inputs, dict.fromkeys(names, there), begin, begin + depth)
        _hold(parameters, inputs, dict.fromkeys(names, back), begin + depth, stop)
        enable[begin:stop], rst[begin:stop] = True, False
        rst[stop - 1] = True
        begin = stop
    return begin


OTHER = {"low": "high", "high": "low", "first": "rest", "rest": "first"}


def _others(ends: dict[str, str]) -> dict[str, str]:
    return {name: OTHER.get(end, end) for name, end in ends.items()}


def _hold(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    ends: dict[str, str],
    begin: int,
    stop: int,
) -> None:
    """Hold the inputs.

    A port is ``"low"`` or ``"high"``, one ``"above"`` or ``"below"`` these, or as near to
    ``"zero"`` as it can be; it ``"turns"`` from low to high and back in each cycle; or of its
    elements the ``"first"``, the ``"rest"`` or the ``"even"`` ones are high.
    """
    for port in parameters.inputs:
        values = inputs[port.name]
        low, high = port.range
        end = ends[port.name]
        held = {
            "low": low,
            "high": high,
            "above": min(low + 1, high),
            "below": max(high - 1, low),
            "zero": min(max(low, 0), high),
        }
        if end == "turns":
            values[begin:stop:2], values[begin + 1 : stop : 2] = low, high
        elif end in held:
            values[begin:stop] = held[end]
        else:
            element = np.arange(values.shape[1]) % port.count
            chosen = {"first": element == 0, "rest": element > 0, "even": element % 2 == 0}
            values[begin:stop] = np.where(chosen[end], high, low)
