"""The compiled loop of the bit-sliced spin engine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

__all__ = ["Settings", "Where", "execute", "run_planes"]

# Numba's files of compiled kernels name these two classes and this module: rename them together
# with the kernel.


class Where(NamedTuple):
    """Offsets of the first plane of each kind, in words."""

    spins: int
    counters: int
    following: int
    sums: int
    state: int
    random: int
    idle: int
    mask: int
    scratch: int
    high: int
    low: int
    coupled: int
    result: int
    best_result: int
    best_spins: int
    done: int


class Settings(NamedTuple):
    """Numbers that all cycles share."""

    spins: int
    bits: int
    density: int
    density_bits: int
    symmetric: int
    coupling_bits: int
    ring: int
    ring_mask: int
    every: int
    result_bits: int
    answer: int
    serial: int


(
    advance_random,
    and_not,
    any_bit,
    copy_both,
    fill,
    full_adder,
    invert,
    less,
    merge,
    next_random,
    or_difference,
    or_not,
    overflow,
    rotate_ring,
    saturate_power,
    saturate_range,
    two_full_adders,
) = deferred(
    "stochastic.invertible.plane_operations",
    "advance_random",
    "and_not",
    "any_bit",
    "copy_both",
    "fill",
    "full_adder",
    "invert",
    "less",
    "merge",
    "next_random",
    "or_difference",
    "or_not",
    "overflow",
    "rotate_ring",
    "saturate_power",
    "saturate_range",
    "two_full_adders",
)


@compiled(inline=True)
def execute(marker, address, code, begin, end):
    """Run the full adders ``code[begin:end]``, whose planes are offsets in words."""
    for row in range(begin, end):
        # Numba checks signed indices for negative ones.
        e = np.uint64(row)
        a, b, c = np.int64(code[e, 0]), np.int64(code[e, 1]), np.int64(code[e, 2])
        total, carry = np.int64(code[e, 3]), np.int64(code[e, 4])
        third = np.int64(code[e, 5])
        if third < 0:
            full_adder(marker, address, a, b, c, total, carry)
        else:
            two_full_adders(
                marker,
                address,
                a,
                b,
                c,
                third,
                np.int64(code[e, 6]),
                total,
                carry,
                np.int64(code[e, 7]),
            )


@compiled(inline=True)
def _draw_noise(marker, address, where, density, density_bits):
    random, idle, draw = where.random, where.idle, where.mask
    if not density_bits:
        # The adders read the generators' state itself.
        advance_random(marker, address, where.state)
    else:
        next_random(marker, address, where.state, random)
        # Whether the further bits, as a number, are less than the density.
        fill(marker, address, 0, idle)
        for bit in range(density_bits):
            next_random(marker, address, where.state, draw)
            if density >> bit & 1:
                or_not(marker, address, draw, idle)
            else:
                and_not(marker, address, draw, idle)
        fill(marker, address, 0, draw)
        if density >> density_bits:
            fill(marker, address, 1, idle)
        copy_both(marker, address, idle, draw, idle)
        and_not(marker, address, idle, random)


@compiled(inline=True)
def _set_range(marker, address, where, bits, limit, symmetric):
    size = len(marker)
    top = limit if symmetric else limit - 1
    for bit in range(bits):
        fill(marker, address, top >> bit, where.high + bit * size)
        fill(marker, address, -limit >> bit, where.low + bit * size)


@compiled(inline=True)
def _saturate(marker, address, where, spin, bits, power, width):
    size = len(marker)
    sums, counter = where.sums, where.counters + spin * bits * size
    sign = sums + (width - 1) * size
    above, below = where.mask, where.scratch
    if power >= 0:
        # A plane that is named twice changes nothing.
        first, last = sums + power * size, sign - size
        overflow(
            marker,
            address,
            first,
            min(first + size, last),
            min(first + 2 * size, last),
            min(first + 3 * size, last),
            sign,
            above,
        )
        for bit in range(power + 4, width - 1):
            or_difference(marker, address, sums + bit * size, sign, above)
        for bit in range(power):
            saturate_power(
                marker, address, sums + bit * size, above, sign, counter + bit * size
            )
        for bit in range(power, bits):
            copy_both(marker, address, sign, counter + bit * size, below)
    else:
        fill(marker, address, 0, above)
        fill(marker, address, 0, below)
        for bit in range(width - 1):
            high = where.high + bit * size if bit < bits else 0
            low = where.low + bit * size if bit < bits else size
            less(marker, address, high, sums + bit * size, above)
            less(marker, address, sums + bit * size, low, below)
        # The sign counts the other way round; that of the ends is known.
        less(marker, address, sign, 0, above)
        less(marker, address, size, sign, below)
        for bit in range(bits):
            saturate_range(
                marker,
                address,
                sums + bit * size,
                above,
                below,
                where.high + bit * size,
                where.low + bit * size,
                counter + bit * size,
            )
    invert(marker, address, sign, where.following + spin * size)


@compiled(inline=True)
def _couple(marker, address, where, spin, coupling, bits, ring, ring_mask):
    size, above = len(marker), where.mask
    rotate_ring(marker, address, where.spins + 2 * spin * size, ring - 1, ring_mask, above)
    for bit in range(bits):
        low = where.coupled + 2 * bit * size
        if coupling >> bit & 1:
            copy_both(marker, address, above, low, where.scratch)
            copy_both(marker, address, above, low + size, where.scratch)
        else:
            fill(marker, address, 0, low)
            fill(marker, address, 1, low + size)


@compiled(inline=True)
def _watch(marker, address, planes, where, spins, code, bits, answer, now, times):
    size, mask = len(marker), where.mask
    execute(marker, address, code, 0, len(code))
    fill(marker, address, 0, mask)
    for bit in range(bits):
        result, best = where.result + bit * size, where.best_result + bit * size
        if answer:
            or_difference(marker, address, result, best, mask)
        else:
            less(marker, address, result, best, mask)
    if answer:
        copy_both(marker, address, mask, where.scratch, mask)
        and_not(marker, address, where.done, mask)
        or_difference(marker, address, mask, 0, where.done)
    if any_bit(marker, address, mask):
        for i in range(spins):
            merge(
                marker,
                address,
                mask,
                where.spins + 2 * i * size,
                where.best_spins + i * size,
            )
        if not answer:
            for bit in range(bits):
                offset = bit * size
                merge(
                    marker,
                    address,
                    mask,
                    where.result + offset,
                    where.best_result + offset,
                )
        for w in range(size):
            word = planes[mask + w]
            for bit in range(64):
                if (word >> np.uint64(bit)) & np.uint64(1):
                    times[64 * w + bit] = now


@compiled(long_vectors=True)
def run_planes(
    marker,
    planes,
    where,
    settings,
    starts,
    code,
    widths,
    limits,
    couplings,
    watch_code,
    clock,
    times,
):
    """Advance one block of replicas by ``len(limits)`` cycles.

    Parameters
    ----------
    marker : tuple of N int
        N, the words of a plane, by its type.
    planes : uint64 array
        All planes, one after the other.
    where, settings : named tuple of int
        Offsets of planes in words, and the numbers of `SpinEngine`.
    starts, code, widths
        Each spin's full adders, and the bits of its sum.
    limits, couplings : int64 array ``[cycles]``
        I0, or 0 where the planes hold one of each replica; Q.
    watch_code
        Full adders that compute the watched number.
    clock : int
        Cycles before this call.
    times : int64 array ``[64 N]``
        Where the cycle of each replica's last improvement is put.
    """
    address, size, n = planes.ctypes.data, len(marker), settings.spins
    last = 0
    for t in range(len(limits)):
        limit, power = limits[t], -1
        if limit and not settings.symmetric and limit & (limit - 1) == 0:
            power = 0
            while 1 << power < limit:
                power += 1
        elif limit and limit != last:
            _set_range(marker, address, where, settings.bits, limit, settings.symmetric)
            last = limit
        for i in range(n):
            _draw_noise(marker, address, where, settings.density, settings.density_bits)
            if settings.coupling_bits:
                _couple(
                    marker,
                    address,
                    where,
                    i,
                    couplings[t],
                    settings.coupling_bits,
                    settings.ring,
                    settings.ring_mask,
                )
            execute(marker, address, code, starts[i], starts[i + 1])
            _saturate(marker, address, where, i, settings.bits, power, widths[i])
            if settings.serial:
                spin = where.spins + 2 * i * size
                copy_both(marker, address, where.following + i * size, spin, spin + size)
        for i in range(n):
            spin = where.spins + 2 * i * size
            copy_both(marker, address, where.following + i * size, spin, spin + size)
        now = clock + t + 1
        if settings.every and now % settings.every == 0:
            _watch(
                marker,
                address,
                planes,
                where,
                n,
                watch_code,
                settings.result_bits,
                settings.answer,
                now,
                times,
            )
