"""Sums of products in closed form, quantised at every step."""

from __future__ import annotations

import numpy as np

from fixedpoint import AccumulatorSpec, Format, Overflow, Rounding

from ..entry import Expectation
from .float_reference import FLOATS, codes, inside, rounded

__all__ = ["accumulated", "accumulator", "summands"]

RECURRENCE = "the recurrence sum <- Q(sum + a b) in doubles, which hold these values exactly"


def summands(p, cycles, lanes, rng):
    """Return the inputs of units, weights aside, with a new start now and then."""
    count = {port.name: port.count for port in p.inputs}
    return {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "sum_in": codes(rng, p.accumulator.format, (cycles, lanes * count["sum_in"])),
        "a": codes(rng, p.a, (cycles, lanes * count["a"]), bits=12),
    }


def running_sums(p, load, sum_in, a, weight):
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
        expected=running_sums(p, inputs["load"], inputs["sum_in"], inputs["a"], weight),
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
