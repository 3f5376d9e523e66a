"""Circuits of two operands whose exact result is rounded once: every pair in every mode."""

from __future__ import annotations

import itertools

import numpy as np

from fixedpoint import FixedArray, Overflow, Rounding
from stochastic import Counter, Lfsr
from tests.support.quantization import codes, quantised

# Signs alike and mixed, binary points apart, a result finer than the operands.
TRIPLES = [
    ("sQ3.3", "sQ3.3", "sQ3.1"),
    ("uQ2.3", "sQ4.1", "sQ3.2"),
    ("sQ6.-1", "uQ-1.5", "uQ3.3"),
    ("sQ4.0", "sQ3.1", "sQ2.4"),
]


def assert_every_pair(kind, triple, exact):
    """Check every pair of codes in every mode.

    `exact` maps a circuit and two arrays of codes to the exact result: integers, and the
    number of fraction bits.
    """
    a, b, target = triple
    for rounding, overflow in itertools.product(Rounding, Overflow):
        random = rounding is Rounding.STOCHASTIC
        circuit = kind(
            a=a,
            b=b,
            target=target,
            rounding=rounding,
            overflow=overflow,
            generator=Counter(width=3) if random else None,
        )
        left, right = (x.reshape(-1) for x in np.meshgrid(codes(circuit.a), codes(circuit.b)))
        cycles = 8 if random else 1
        outputs, _ = circuit.run({"a": [left] * cycles, "b": [right] * cycles})
        result, overflowed = quantised(
            *exact(circuit, left, right),
            circuit.target,
            rounding,
            overflow,
            np.arange(cycles)[:, None],
            3,
        )
        np.testing.assert_array_equal(*np.broadcast_arrays(outputs["result"], result))
        if overflow is Overflow.ERROR:
            lost = np.broadcast_arrays(outputs["overflowed"], overflowed)
            np.testing.assert_array_equal(*lost)


def assert_equals_arrays(kind, rounding, whole):
    """Check random codes against `FixedArray`; `whole` is its exact operation."""
    rng = np.random.default_rng(2)
    generator = Lfsr(width=10) if rounding is Rounding.STOCHASTIC else None
    circuit = kind(
        a="sQ4.12",
        b="uQ2.9",
        target="sQ4.6",
        rounding=rounding,
        overflow="saturate",
        generator=generator,
    )
    a, b = rng.integers(-(2**15), 2**15, 1000), rng.integers(0, 2**11, 1000)
    outputs, _ = circuit.run({"a": a, "b": b})
    exact = whole(FixedArray(a, circuit.a), FixedArray(b, circuit.b))
    cast = exact.cast(circuit.target, rounding, Overflow.SATURATE, bits=generator)
    np.testing.assert_array_equal(outputs["result"][:, 0], cast.codes)
