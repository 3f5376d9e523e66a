"""The compiled loop of the bit-sliced Metropolis engine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

from .plane_kernels import execute

__all__ = ["PRECISION", "MetropolisPlaces", "sweep_planes"]

# Numba's files of compiled kernels name this class and this module: rename them together with
# the kernel.

# Bits of the probabilities.
PRECISION = 16

# Spins that move from one renewal of a random number to the next.
REUSE = 8


class MetropolisPlaces(NamedTuple):
    """Offsets of the first plane of each kind, in words."""

    state: int
    draw: int
    digits: int
    sums: int
    pool: int
    spins: int


and_not, difference, fill, invert, merge, next_random, or_not = deferred(
    "stochastic.invertible.plane_operations",
    "and_not",
    "difference",
    "fill",
    "invert",
    "merge",
    "next_random",
    "or_not",
)


@compiled(inline=True)
def _draw_digits(marker, address, where, to, probabilities, row):
    """Draw the digits of one random number, each 1 with a probability of its own."""
    size = len(marker)
    for digit in range(probabilities.shape[1]):
        plane, p = to + digit * size, probabilities[row, digit]
        fill(marker, address, 0, plane)
        begun = False
        for bit in range(PRECISION):
            begun = begun or (p >> bit & 1) == 1
            if begun:
                next_random(marker, address, where.state, where.draw)
                if p >> bit & 1:
                    or_not(marker, address, where.draw, plane)
                else:
                    and_not(marker, address, where.draw, plane)


@compiled(long_vectors=True)
def sweep_planes(marker, planes, where, starts, code, widths, probabilities, pool, cursor):
    """Move all spins of one block of replicas once for each row of `probabilities`.

    Parameters
    ----------
    marker : tuple of N int
        N, the words of a plane, by its type.
    planes : uint64 array
        All planes, one after the other.
    where : MetropolisPlaces
    starts, code, widths
        Each spin's full adders, and the bits of its sum.
    probabilities : int64 array ``[sweeps, digits + 1]``
        That of each digit of the random numbers, and last that of a move, times 2^16.
        Where all digits are 0 the sweep is descent.
    pool : int
        Random numbers that are held, a power of two.
    cursor : uint64 array ``[2]``
        The state of a linear congruential generator that chooses among the numbers, the same
        for all replicas; and the moves so far. Both are advanced.
    """
    address, size, n = planes.ctypes.data, len(marker), len(widths)
    digits = probabilities.shape[1] - 1
    length = (digits + 1) * size
    choice, moves = cursor[0], np.int64(cursor[1])
    if moves == 0 and len(probabilities):
        for k in range(pool):
            _draw_digits(marker, address, where, where.pool + k * length, probabilities, 0)
    for t in range(len(probabilities)):
        descent = True
        for digit in range(digits):
            descent = descent and probabilities[t, digit] == 0
        for i in range(n):
            if moves % REUSE == 0:
                oldest = where.pool + moves // REUSE % pool * length
                _draw_digits(marker, address, where, oldest, probabilities, t)
            moves += 1
            choice = choice * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            chosen = np.int64(choice >> np.uint64(33)) % pool
            number = where.pool + chosen * length
            spin = where.spins + 2 * i * size
            for digit in range(digits):
                # The plane at 0 is all zeros.
                plane = 0 if descent else number + digit * size
                difference(marker, address, plane, spin, where.digits + digit * size)
            execute(marker, address, code, starts[i], starts[i + 1])
            sign = where.sums + (widths[i] - 1) * size
            merge(marker, address, number + digits * size, sign, spin + size)
            invert(marker, address, spin + size, spin)
    cursor[0], cursor[1] = choice, np.uint64(moves)
