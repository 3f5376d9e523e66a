"""Catalogue entries of the units that multiply and accumulate."""

import numpy as np

from fixedpoint import AccumulatorSpec, Format, Mac, MacArray, Overflow, Rounding
from stochastic import Lfsr

from ..entry import Entry, Expectation
from .doubles import FLOATS, codes, inside, rounded

__all__ = ["ENTRIES", "accumulated", "accumulator", "summands"]

RECURRENCE = "the recurrence sum <- Q(sum + a b) in doubles, which hold these values exactly"


def summands(p, cycles, lanes, rng):
    """Return the inputs of units, weights aside, with a new start now and then."""
    count = {port.name: port.count for port in p.inputs}
    return {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "sum_in": codes(rng, p.accumulator.format, (cycles, lanes * count["sum_in"])),
        "a": codes(rng, p.a, (cycles, lanes * count["a"]), bits=12),
    }


def _running(p, load, sum_in, a, weight):
    """Return the sums that each column of units shows: they start anew with `load`.

    All are codes but for `weight`, which is in numbers.
    """
    spec = p.accumulator
    terms = a * weight * 2.0 ** (spec.format.frac_bits - p.a.frac_bits)
    words, mode = np.zeros((len(terms), 1)), spec.rounding
    if spec.product_rounding is not None:
        terms = rounded(terms, spec.product_rounding, p.generator)
    elif mode is Rounding.STOCHASTIC:
        words = p.generator.words(len(terms))[:, None] / 2.0**p.generator.width
    mode = Rounding.TRUNCATE if mode is Rounding.STOCHASTIC else mode
    total, shown = np.zeros(terms.shape[1]), np.empty(terms.shape)
    for t in range(len(terms)):
        shown[t] = total
        total = np.where(load[t], sum_in[t], total) + terms[t] + words[t]
        total = inside(FLOATS[mode](total), spec.format, spec.overflow)
    return shown


def accumulated(p, inputs, weight) -> Expectation:
    """Expect every sum: one product after the other, with weights given in numbers."""
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"],
        expected=_running(p, inputs["load"], inputs["sum_in"], inputs["a"], weight),
        tolerance=0,
        source=RECURRENCE,
    )


def multiplied(p: Mac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of products of two codes."""
    inputs = summands(p, cycles, lanes, rng)
    inputs["b"] = codes(rng, p.b, (cycles, lanes), bits=12)
    return accumulated(p, inputs, inputs["b"] * 2.0**-p.b.frac_bits)


def accumulated_in_array(p: MacArray, cycles, lanes, rng) -> Expectation:
    """Expect every result: the sums of all rows and columns, requantised."""
    inputs = summands(p, cycles, lanes, rng)
    inputs["b"] = codes(rng, p.b, (cycles, lanes * p.columns), bits=12)
    shape = (cycles, lanes, p.rows, p.columns)
    # Each input at the rows and columns that take it.
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
    sums = _running(p, load, sum_in, a, b * 2.0**-p.b.frac_bits)
    scale = 2.0 ** (p.target.frac_bits - p.accumulator.format.frac_bits)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=inside(rounded(sums * scale, p.rounding), p.target, p.overflow),
        tolerance=0,
        source=RECURRENCE,
    )


def accumulator(total, rounding, overflow, early=None, order="sequential"):
    """Return an accumulator from the names of its format and modes."""
    return AccumulatorSpec(
        format=Format.parse(total),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        order=order,
        product_rounding=None if early is None else Rounding(early),
    )


def _mac(formats, rounding, overflow, early=None, bits=3):
    """Return a unit from names, with a generator of so many bits if it rounds at random."""
    a, b, total = formats.split()
    spec = accumulator(total, rounding, overflow, early)
    return Mac(a=a, b=b, accumulator=spec, generator=Lfsr(width=bits) if spec.random else None)


def _every_rounding():
    """Return units with every rounding of sums and of products."""
    overflows, roundings = list(Overflow), [None, *Rounding]
    for i, rounding in enumerate(Rounding):
        a, total = "uQ2.2" if i % 3 == 1 else "sQ2.2", "uQ4.2" if i % 4 == 3 else "sQ4.2"
        early = roundings[i * 5 % 13] if i % 2 else None
        yield _mac(f"{a} sQ2.3 {total}", rounding, overflows[i % 5], early, bits=4)


def _array(rows, columns, formats, sums, results, inputs_per="row"):
    """Return an array from names: of its formats, and of rounding and overflow of both."""
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


ENTRIES = (
    Entry(
        name="mac",
        default=_mac("sQ4.12 sQ4.12 sQ8.12", "nearest_up", "saturate"),
        edges=(
            *_every_rounding(),
            _mac("uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
            _mac("sQ1.0 sQ1.0 sQ2.0", "jam", "error"),
            _mac("sQ4.0 sQ4.0 sQ9.3", "ceil", "saturate", "jam"),
            _mac("sQ4.4 sQ4.4 sQ12.-6", "away", "saturate", "away"),
            _mac("sQ1.3 sQ1.3 sQ6.-2", "truncate", "wrap", "ceil"),
            _mac("sQ15.16 sQ15.16 sQ31.30", "truncate", "saturate"),
            _mac("uQ15.16 uQ15.16 uQ30.32", "truncate", "saturate_zero"),
            _mac("sQ4.4 uQ4.4 sQ55.3", "nearest_even", "saturate"),
            _mac("sQ2.2 sQ2.2 sQ3.1", "truncate", "saturate", "stochastic"),
        ),
        # Sums do not use all the bits that are there for them, so the sign shows in two:
        # no end is chosen by it here.
        planted=_mac("sQ2.2 sQ3.1 sQ4.1", "nearest_even", "saturate_zero"),
        oracle=multiplied,
    ),
    Entry(
        name="mac_array",
        default=_array(
            4, 4, "uQ0.8 sQ1.7 sQ6.15 uQ2.6", "truncate saturate", "nearest_even saturate"
        ),
        # Several shapes, both kinds of inputs, and all that warns.
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
            "sQ2.2 sQ3.1 sQ4.1 sQ3.0",
            "nearest_even saturate_zero",
            "nearest_even saturate_zero",
        ),
        oracle=accumulated_in_array,
    ),
)
