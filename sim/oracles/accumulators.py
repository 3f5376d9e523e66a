"""Sums of products in doubles, quantised at every step."""

from __future__ import annotations

import numpy as np

from fixedpoint import AccumulatorSpec, Format, Overflow, Rounding

from ..entry import Expectation
from .float_reference import FLOAT_ROUNDINGS, fit_floats, random_codes, round_floats

__all__ = ["accumulator", "expect_sums", "random_terms"]

RECURRENCE = "the recurrence sum <- Q(sum + a b) in doubles, which hold these values exactly"


def random_terms(p, cycles, lanes, rng):
    """Return random inputs of units except weights; one cycle in ten loads a new start."""
    count = {port.name: port.count for port in p.inputs}
    return {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "sum_in": random_codes(rng, p.accumulator.format, (cycles, lanes * count["sum_in"])),
        "a": random_codes(rng, p.a, (cycles, lanes * count["a"]), bits=12),
    }


def running_sums(p, load, sum_in, a, weight):
    """Return the sum of each unit in each cycle.

    Weights are numbers; the other arguments are codes.
    """
    spec = p.accumulator
    terms = a * weight * 2.0 ** (spec.format.frac_bits - p.a.frac_bits)
    words, mode = np.zeros((len(terms), 1)), spec.rounding
    if spec.product_rounding is not None:
        terms = round_floats(terms, spec.product_rounding, p.generator)
    elif mode is Rounding.STOCHASTIC:
        words = p.generator.words(len(terms))[:, None] / 2.0**p.generator.width
    mode = Rounding.TRUNCATE if mode is Rounding.STOCHASTIC else mode
    total, shown = np.zeros(terms.shape[1]), np.empty(terms.shape)
    for t in range(len(terms)):
        shown[t] = total
        total = np.where(load[t], sum_in[t], total) + terms[t] + words[t]
        total = fit_floats(FLOAT_ROUNDINGS[mode](total), spec.format, spec.overflow)
    return shown


def expect_sums(p, inputs, weight) -> Expectation:
    """Expect the running sums, for weights given as numbers."""
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"],
        expected=running_sums(p, inputs["load"], inputs["sum_in"], inputs["a"], weight),
        tolerance=0,
        source=RECURRENCE,
    )


def accumulator(total, rounding, overflow, product_rounding=None, order="sequential"):
    """Return an accumulator from the names of its format and modes."""
    return AccumulatorSpec(
        format=Format.parse(total),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        order=order,
        product_rounding=None if product_rounding is None else Rounding(product_rounding),
    )
