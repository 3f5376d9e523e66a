"""Rounding and overflow by integer division: what the tests of circuits expect."""

import numpy as np

from fixedpoint import Overflow, Rounding
from rtl import to_verilog_many
from sim.bench import Bench, Item, Run
from sim.simulator import simulate

DETERMINISTIC = [r for r in Rounding if r is not Rounding.STOCHASTIC]


def rounded(n, discarded, rounding, word=0, width=1):
    """Return n / 2^discarded rounded to integers; `word` of `width` bits for STOCHASTIC."""
    if discarded < 0:
        n, discarded = n << -discarded, 0
    unit = 1 << discarded
    if rounding is Rounding.STOCHASTIC:
        return ((n << width) + word * unit) // (unit << width)
    floor, ceil = n // unit, -(-n // unit)
    toward, away = np.where(n < 0, ceil, floor), np.where(n < 0, floor, ceil)
    if rounding is Rounding.JAM:
        return np.where(floor % 2 == 1, floor, floor + 1)
    directed = {
        Rounding.TRUNCATE: floor,
        Rounding.CEIL: ceil,
        Rounding.TO_ZERO: toward,
        Rounding.AWAY: away,
    }
    if rounding in directed:
        return directed[rounding]
    below, above = n - floor * unit, ceil * unit - n
    tie = {
        Rounding.NEAREST_UP: ceil,
        Rounding.NEAREST_DOWN: floor,
        Rounding.NEAREST_ZERO: toward,
        Rounding.NEAREST_AWAY: away,
        Rounding.NEAREST_EVEN: np.where(floor % 2 == 0, floor, ceil),
        Rounding.NEAREST_ODD: np.where(floor % 2 == 1, floor, ceil),
    }[rounding]
    return np.where(below < above, floor, np.where(above < below, ceil, tie))


def fitted(number, target, overflow):
    """Return rounded numbers in range, and which of them were not."""
    levels = 2**target.width
    low = -levels // 2 if target.signed else 0
    high = low + levels - 1
    if overflow is Overflow.SATURATE_SYMMETRIC and target.signed:
        low += 1
    lost = (number < low) | (number > high)
    if overflow in (Overflow.WRAP, Overflow.ERROR):
        bits = number % levels
        return np.where(bits > high, bits - levels, bits), lost
    if overflow is Overflow.SATURATE_ZERO:
        return np.where(lost, 0, number), lost
    return np.minimum(np.maximum(number, low), high), lost


def quantised(n, frac_bits, target, rounding, overflow, word=0, width=1):
    """Return n / 2^frac_bits as codes of `target`, and which of them overflowed."""
    number = rounded(n, frac_bits - target.frac_bits, rounding, word, width)
    return fitted(number, target, overflow)


def codes(fmt):
    """Return every code of a format."""
    low = -(1 << fmt.width - 1) if fmt.signed else 0
    return np.arange(low, low + (1 << fmt.width))


def in_verilog(circuits, inputs):
    """Return the outputs of many circuits, always enabled and never reset, on Verilator.

    Parameters
    ----------
    circuits : list of Circuit
    inputs : list of dict of str to int64 array ``[cycles, count]``
    """
    texts = to_verilog_many({f"circuit{i}": c for i, c in enumerate(circuits)})
    items = [
        Item(circuit, name, text, 1)
        for circuit, (name, text) in zip(circuits, texts.items(), strict=True)
    ]
    cycles = len(next(iter(inputs[0].values())))
    enable, rst = np.ones(cycles, bool), np.zeros(cycles, bool)
    bench = Bench(tuple(items))
    response, unknown = simulate(bench, bench.stimulus([Run(i, enable, rst) for i in inputs]))
    assert not unknown.any()
    return bench.responses(response)
