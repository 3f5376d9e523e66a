"""Random stimulus of changing character: what each stretch of time does to the inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port
from fixedpoint.kernels.compiled import compiled

__all__ = ["varied_stimulus"]

# The kinds of a stretch. A port's values are uniform; are its corners; are held; are small in
# magnitude, as exponents need; are mostly at one end; are near one value; go up and down by
# one; follow another column or port, to which comparators need them equal; or end in zeros, as
# ties of rounding do.
UNIFORM, CORNERS, HELD, SCALED, MOSTLY, NEAR, WALK, FOLLOW, ALIGNED = range(9)
KINDS = 9

# Lengths of stretches. The long ones let a generator of 8 bits go through its period.
LENGTHS = (8, 16, 32, 64, 64, 128, 264)

# How often values are at the upper end in a stretch of kind MOSTLY, in 2**32.
RATES = tuple(round(p * 2**32) for p in (1 / 64, 1 / 8, 7 / 8, 63 / 64))


def varied_stimulus(
    parameters: Circuit, cycles: int, lanes: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return values for every input port whose character changes from stretch to stretch.

    In a third of the stretches all columns of all ports have the same character, so that
    what takes all of them, such as a sum at its end, happens. In another third each port has
    its own, and in the last each column.

    Parameters
    ----------
    parameters : Circuit
    cycles, lanes : int
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to int64 array ``[cycles, lanes * count]``
    """
    ends = _stretches(cycles, rng)
    shared = rng.integers(0, 3, len(ends))
    common = rng.integers(0, KINDS, len(ends)), rng.integers(0, 1 << 16, len(ends))
    inputs: dict[str, NDArray[np.int64]] = {}
    first: dict[tuple[int, int], NDArray[np.int64]] = {}
    for port in parameters.inputs:
        columns = lanes * port.count
        low, high = port.range
        values = rng.integers(low, high, (cycles, columns), endpoint=True)
        draws = rng.integers(0, 1 << 32, (cycles, columns), np.uint32)
        plans = []
        for whole, bound in zip(common, (KINDS, 1 << 16), strict=True):
            own = rng.integers(0, bound, (len(ends), columns))
            own[shared == 1] = own[shared == 1][:, :1]
            own[shared == 0] = whole[shared == 0, None]
            plans.append(own)
        source = first.setdefault(port.range, values)
        own_source = source is values
        corners = _corners(port)
        _apply(values, draws, source, own_source, ends, *plans, corners, np.array(RATES))
        inputs[port.name] = values
    return inputs


def _stretches(cycles: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the ends of the stretches; the last one is `cycles`."""
    lengths = rng.choice(LENGTHS, -(-cycles // min(LENGTHS)))
    ends = np.cumsum(lengths)
    count = int(np.searchsorted(ends, cycles)) + 1
    return np.minimum(ends[:count], cycles)


def _corners(port: Port) -> NDArray[np.int64]:
    low, high = port.range
    return np.clip([low, high, 0, low + 1, high - 1, 1, -1], low, high)


@compiled
def _apply(values, draws, source, own_source, ends, kinds, choices, corners, rates):
    """Replace uniform values by those of other kinds.

    `draws` holds 32 random bits for each value, and `choices` 16 for each stretch and column.
    The first corners are the ends of the range.
    """
    low, high = corners[0], corners[1]
    bits = 0
    while bits < 62 and (high - low) >> bits:
        bits += 1
    columns = values.shape[1]
    begin = 0
    for stretch in range(len(ends)):
        for column in range(columns):
            kind, choice = kinds[stretch, column], choices[stretch, column]
            held = values[begin, column]
            centre = corners[choice % 3] if choice & 0x100 else held
            rate = rates[choice % len(rates)]
            # In the port itself only columns before this one are final.
            followed = choice % (max(column, 1) if own_source else source.shape[1])
            for cycle in range(begin, ends[stretch]):
                value, draw = values[cycle, column], np.int64(draws[cycle, column])
                if kind == CORNERS:
                    value = corners[draw % len(corners)]
                elif kind == HELD:
                    value = corners[choice % len(corners)] if choice & 0x100 else held
                elif kind == SCALED:
                    shift = draw % (bits + 1)
                    value = low + ((value - low) >> shift) if low >= 0 else value >> shift
                elif kind == MOSTLY:
                    value = high if draw < rate else low
                elif kind == NEAR:
                    value = centre + draw % 5 - 2
                elif kind == WALK:
                    held += draw % 3 - 1
                    held = min(max(held, low), high)
                    value = held
                elif kind == FOLLOW:
                    value = source[cycle, followed]
                    if draw % 4 == 0:
                        value += (draw >> 8) % 3 - 1
                elif kind == ALIGNED:
                    shift = draw % (bits + 1)
                    value = value >> shift << shift
                values[cycle, column] = min(max(value, low), high)
        begin = ends[stretch]
