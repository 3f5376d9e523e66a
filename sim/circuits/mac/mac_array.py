"""Catalogue entry of `mac_array`."""

from __future__ import annotations

import numpy as np

from fixedpoint import MacArray, Overflow, Rounding
from stochastic import Lfsr

from ...entry import Entry, Expectation
from ...oracles.accumulators import RECURRENCE, accumulator, random_terms, running_sums
from ...oracles.float_reference import fit_floats, random_codes, round_floats

__all__ = ["ENTRY"]


def requantised_sums(p: MacArray, cycles, lanes, rng) -> Expectation:
    """Expect every result: the sums of all rows and columns, requantised."""
    inputs = random_terms(p, cycles, lanes, rng)
    inputs["b"] = random_codes(rng, p.b, (cycles, lanes * p.columns), bits=12)
    shape = (cycles, lanes, p.rows, p.columns)
    # Broadcast each input to the rows and columns that take it.
    axes = {
        "load": (lanes, 1, 1),
        "sum_in": (lanes, 1, p.columns),
        "a": (lanes, p.rows, 1 if p.inputs_per == "row" else p.columns),
        "b": (lanes, 1, p.columns),
    }
    load, sum_in, a, b = (
        np.broadcast_to(inputs[name].reshape(cycles, *axis), shape).reshape(cycles, -1)
        for name, axis in axes.items()
    )
    sums = running_sums(p, load, sum_in, a, b * 2.0**-p.b.frac_bits)
    scale = 2.0 ** (p.target.frac_bits - p.accumulator.format.frac_bits)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=fit_floats(round_floats(sums * scale, p.rounding), p.target, p.overflow),
        tolerance=0,
        source=RECURRENCE,
    )


def ties(p: MacArray):
    """Return sums from reset and from a load that lie half-way between two results, and next.

    There the lowest bit of a sum decides how it is rounded.
    """
    drop = p.accumulator.format.frac_bits - p.target.frac_bits
    half = 1 << max(drop - 1, 0)
    ports = {port.name: port for port in p.inputs}
    b = min(half, 1 << (ports["b"].width - 2)) if ports["b"].width > 1 else 1
    idle = {"load": 0, "sum_in": 0, "a": 0, "b": 0}
    product = idle | {"a": half // b, "b": b}
    loads = [idle | {"load": 1, "sum_in": n * half + k} for n in range(4) for k in (-1, 0, 1)]
    rows = [product, idle, *loads, idle, *_from_the_lower_end(p, ports)]
    return {
        name: np.array([[row[name]] * port.count for row in rows]).clip(*port.range)
        for name, port in ports.items()
    }


# The most products of a way from the lower end of the sums up to 0.
LONGEST = 64


def _from_the_lower_end(p: MacArray, ports):
    """Return rows that bring sums beyond their lower end, and from there to 0.

    Where negative results are all alike, the value at which a sum saturated is seen at 0.
    """
    low = {name: port.range[0] for name, port in ports.items()}
    scale = p.a.frac_bits + p.b.frac_bits - p.accumulator.format.frac_bits
    way = -low["sum_in"] * 2.0**scale / max(low["a"] * low["b"], 1)
    if not 0 < way <= LONGEST:
        return []
    down = {"load": 1, "sum_in": low["sum_in"], "a": low["a"], "b": ports["b"].range[1]}
    up = down | {"load": 0, "b": low["b"]}
    return [down, *[up] * (int(way) + 2)]


def _array(rows, columns, formats, sums, results, inputs_per="row"):
    """Return an array from the names of its formats and of the modes of sums and results."""
    a, b, total, target = formats.split()
    spec = accumulator(total, *sums.split())
    rounding, overflow = results.split()
    return MacArray(
        rows=rows,
        columns=columns,
        inputs_per=inputs_per,
        a=a,
        b=b,
        accumulator=spec,
        generator=Lfsr(width=5) if spec.random else None,
        target=target,
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
    )


ENTRY = Entry(
    name="mac_array",
    default=_array(
        4, 4, "uQ0.8 sQ1.7 sQ6.15 uQ2.6", "truncate saturate", "nearest_even saturate"
    ),
    # Several shapes, both kinds of inputs, and every source of the overflow output.
    edges=(
        _array(1, 1, "uQ1.0 uQ1.0 uQ1.0 uQ1.0", "truncate wrap", "truncate wrap"),
        _array(1, 3, "sQ2.2 sQ2.2 sQ4.2 sQ3.1", "away error", "nearest_zero error", "unit"),
        _array(3, 1, "uQ2.2 sQ2.3 sQ4.3 uQ3.1", "jam error", "ceil saturate_zero"),
        _array(2, 3, "sQ4.0 uQ0.4 sQ6.2 sQ2.4", "stochastic saturate", "jam error", "unit"),
        _array(2, 2, "sQ1.7 sQ1.7 sQ6.14 uQ2.6", "truncate saturate", "away saturate"),
    ),
    planted=_array(
        2,
        2,
        "sQ2.2 sQ3.1 sQ4.1 sQ3.1",
        "nearest_even saturate_zero",
        "nearest_even saturate_zero",
    ),
    oracle=requantised_sums,
    directed=ties,
)
