"""Stimulus that any circuit can be given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.kernels.compiled import compiled
from stochastic.generators import Generator

from .bench import Run
from .directed import RANDOM, directed_cycles, drive
from .following import follow, following_cycles
from .modes import control_inputs
from .regimes import varied_stimulus

__all__ = ["bench_cycles", "planned_run", "random_stimulus"]

Directed = Callable[[Circuit], dict[str, NDArray[np.int64]]] | None

# Cycles of one kind of values, in each column.
STRETCH = 64


def random_stimulus(
    parameters: Circuit, cycles: int, lanes: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return random values for every input port.

    Each column alternates between stretches of three kinds: uniform values, the port's
    extremes (smallest, largest, 0 and its neighbours), and one constant value. Counters
    therefore reach both ends and values near them, which they never do on uniform noise.

    Returns
    -------
    dict of str to int64 array ``[cycles, lanes * count]``
    """
    inputs = {}
    for port in parameters.inputs:
        low, high = port.range
        shape = (cycles, lanes * port.count)
        values = rng.integers(low, high, shape, endpoint=True)
        corners = np.clip([low, high, 0, low + 1, high - 1, 1, -1], low, high)
        picks = rng.integers(0, len(corners), shape)
        kinds = rng.integers(0, 4, (-(-cycles // STRETCH), shape[1]))
        _apply_kinds(values, corners, picks, kinds)
        inputs[port.name] = values
    return inputs


@compiled
def _apply_kinds(values, corners, picks, kinds):
    """Replace uniform values by extremes in stretches of kind 0, and hold those of 2 and 3."""
    for cycle in range(values.shape[0]):
        stretch = cycle // STRETCH
        for column in range(values.shape[1]):
            kind = kinds[stretch, column]
            if kind == 0:
                values[cycle, column] = corners[picks[cycle, column]]
            elif kind >= 2:
                values[cycle, column] = values[stretch * STRETCH, column]


def bench_cycles(parameters: Circuit, directed: Directed = None) -> int:
    """Return the length of a stimulus that holds the whole directed part and a random one."""
    own = 0
    if directed is not None:
        length = len(next(iter(directed(parameters).values())))
        own = _turns(length) * length + HELD + 1
    own += directed_cycles(parameters) + following_cycles(parameters)
    return own + _wander_cycles(parameters) + RANDOM - WANDER


def _wander_cycles(parameters: Circuit) -> int:
    """Return the cycles without a reset in which a generator goes through its period.

    What no input drives goes on for longer, since only time brings it to rare states.
    """
    if parameters.registers and parameters.generators and not parameters.inputs:
        return UNDRIVEN
    if isinstance(parameters, Generator):
        return min(UNDRIVEN, max(WANDER, parameters.period + 16))
    widths = [r.width for r in parameters.registers]
    widths += [g.width for g in parameters.generators]
    around = max((w for w in widths if w <= WIDEST_PERIOD), default=0)
    return max(WANDER, (1 << around) + 16)


# Cycles after which the random part goes from an entry's stimulus to the varied one or back.
BLOCK = 512


def planned_run(
    parameters: Circuit,
    cycles: int,
    lanes: int,
    rng: np.random.Generator,
    stimulus: Callable[..., dict[str, NDArray[np.int64]]] = random_stimulus,
    directed: Directed = None,
) -> Run:
    """Return inputs, enable and reset: directed first, then random.

    Parameters
    ----------
    parameters : Circuit
    cycles, lanes : int
    rng : numpy.random.Generator
    stimulus : callable
        Of a catalogue entry; it gives half of the random part.
    directed : callable, optional
        Of a catalogue entry; see `Entry`.
    """
    given = stimulus(parameters, cycles, lanes, rng)
    varied = varied_stimulus(parameters, cycles, lanes, rng)
    inputs = {p.name: p.check(given[p.name]).copy() for p in parameters.inputs}
    block = np.arange(cycles)[::-1] // BLOCK % 2 == 0
    for name, values in inputs.items():
        values[block] = varied[name][block]
    enable, rst = _random_control(cycles, rng)
    begin = drive(parameters, inputs, enable, rst)
    if directed is not None:
        room = max((begin + cycles) // 2, cycles - RANDOM)
        begin = _from_reset(parameters, directed(parameters), inputs, enable, rst, begin, room)
    if cycles - begin > 2 * following_cycles(parameters):
        begin = follow(parameters, inputs, enable, rst, begin)
    left = cycles - begin
    wander = min(_wander_cycles(parameters), max(left // 2, left - RANDOM + WANDER))
    _wander(parameters, inputs, enable, rst, slice(begin, begin + wander), rng)
    return Run(inputs, enable, rst)


# Cycles of a pause after the directed inputs of an entry. After so many, a counter of up to
# four bits that does not pause is one step behind, and not where it was.
HELD = 15

# Cycles of directed inputs that are given once only.
LONG = 1 << 15


def _turns(length: int) -> int:
    return 1 if length > LONG else 2


def _from_reset(
    parameters: Circuit,
    given: dict[str, NDArray[np.int64]],
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    begin: int,
    room: int,
) -> int:
    """Reset the circuit and drive it by an entry's directed inputs, as far as there is room.

    In the last cycle of them the circuit is reset, and they begin again unless they are long.
    After the last cycle of these, enable is 0 for a while.

    Returns
    -------
    int
        The cycle after the last one.
    """
    for _ in range(_turns(len(next(iter(given.values()))))):
        first = min(begin + 1, room)
        enable[begin:first], rst[begin:first] = True, True
        stop = first
        for port in parameters.inputs:
            values = port.check(given[port.name], port.count)
            stop = min(first + len(values), room)
            lanes = inputs[port.name].shape[1] // port.count
            inputs[port.name][first:stop] = np.tile(values[: stop - first], lanes)
        enable[first:stop], rst[first:stop] = True, False
        begin = max(stop - 1, begin)
    begin = min(stop + HELD, len(enable))
    enable[stop:begin], rst[stop:begin] = False, False
    return begin


# Least cycles of a walk without reset. A random walk of so many steps comes 30 steps far.
WANDER = 2048

# Cycles of it in a circuit without inputs.
UNDRIVEN = 1 << 16

# Bits of the longest period that a walk contains.
WIDEST_PERIOD = 12


def _wander(
    parameters: Circuit,
    inputs: dict[str, NDArray[np.int64]],
    enable: NDArray[np.bool_],
    rst: NDArray[np.bool_],
    part: slice,
    rng: np.random.Generator,
) -> None:
    """Put the inputs to either end at random for a long time, without pause or reset.

    In every other cycle they are anywhere between.

    Inputs of one bit beside wider ones, such as valid and ready, are mostly 1, and one of them
    after the other stays 0 for a while. What lies behind each other in a long chain therefore
    runs, and then comes to a stop from either side.
    """
    controls = control_inputs(parameters)
    for port in parameters.inputs:
        values = inputs[port.name][part]
        if port.name not in controls:
            values[:] = np.where(rng.random(values.shape) < 0.5, *port.range)
            # A comparator shows the lowest bit of a word only beside values that are near it.
            even = values[::2]
            even[:] = rng.integers(*port.range, even.shape, endpoint=True)
            continue
        values[:] = rng.random(values.shape) < 7 / 8
        # Of two pieces for each input, all go on in the first, and it stays in the second.
        piece = np.arange(len(values)) * 2 * len(controls) // max(1, len(values))
        stays = piece % 2 == 1
        values[stays] = (piece[stays] // 2 != controls.index(port.name))[:, None]
    enable[part], rst[part] = True, False


# How often enable and rst are 1 in a stretch.
RATES = ((1.0, 0.0), (0.9, 1 / 24), (0.5, 1 / 128), (1.0, 1 / 64), (0.3, 1 / 512))


def _random_control(
    cycles: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return `enable` and `rst` of each cycle.

    They change their rates from stretch to stretch: always, mostly or rarely enabled; never,
    rarely or often reset.
    """
    length = min(512, max(1, cycles // 16))
    count = -(-cycles // length)
    rates = rng.permuted(np.resize(np.arange(len(RATES)), count))
    enable, rst = np.repeat(np.array(RATES)[rates], length, axis=0)[:cycles].T
    draws = rng.random((2, cycles))
    return draws[0] < enable, draws[1] < rst
