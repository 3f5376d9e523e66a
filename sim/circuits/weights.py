"""Catalogue entries of the circuits with power-of-two, binary and ternary weights."""

import numpy as np

from fixedpoint import (
    AccumulatorSpec,
    BinaryMac,
    Format,
    LogFormat,
    LogQuantizer,
    Overflow,
    Rounding,
    ShiftMac,
    ShiftMultiplier,
)
from stochastic import Counter, Lfsr

from ..entry import Entry, Expectation
from .fixedpoint import FLOATS, codes, inside, quantised, rounded

__all__ = ["ENTRIES"]

Q = Format.parse


def powers(least: int, most: int, signed: bool = True) -> LogFormat:
    """Return the format of the powers of two between two exponents."""
    return LogFormat(signed=signed, minimum_exponent=least, maximum_exponent=most)


def logarithms(p: LogQuantizer, cycles, lanes, rng) -> Expectation:
    """Expect every exponent from the binary logarithm, or from the nearest double."""
    least, most = p.target.minimum_exponent, p.target.maximum_exponent
    # Magnitudes of every size, since uniform codes are nearly all large.
    source = codes(rng, p.source, (cycles, lanes)) >> rng.integers(0, 20, (cycles, lanes))
    size = np.abs(source) * 2.0**-p.source.frac_bits
    if p.rounding == "log":
        with np.errstate(divide="ignore"):
            exponent = np.floor(np.log2(size) + 0.5)
    else:
        fraction, above = np.frexp(size)
        exponent = np.where(fraction >= 0.75, above, above - 1.0)
        exponent = np.where(
            size < 2.0**least, np.where(size * 2 >= 2.0**least, least, -1e9), exponent
        )
    code = np.where(exponent < least, 0, np.minimum(exponent, most) - least + 1)
    negative = source < 0
    if not p.target.signed:
        code = np.where(negative, 0, code)

    def measure(outputs):
        shown = outputs["exponent"]
        return np.where(outputs["sign"], -shown, shown) if p.target.signed else shown

    return Expectation(
        inputs={"source": source},
        measure=measure,
        expected=np.where(negative, -code, code),
        tolerance=0,
        source=(
            "floor(log2|x| + 1/2), whose error of 1e-15 is far below the distance of 20-bit "
            "integers from sqrt(2) times a power of two; or the nearest value"
        ),
    )


def _weights(p, cycles, lanes, rng):
    """Return random weights as the inputs that carry them, and their values."""
    shape = (cycles, lanes)
    exponent = rng.integers(0, p.weight.exponents, shape, endpoint=True)
    sign = rng.integers(0, 2, shape) if p.weight.signed else np.zeros(shape, np.int64)
    value = (exponent > 0) * 2.0 ** (p.weight.minimum_exponent + exponent - 1)
    inputs = {"sign": sign, "exponent": exponent} if p.weight.signed else {"exponent": exponent}
    return inputs, np.where(sign, -value, value)


def shifted(p: ShiftMultiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    weights, value = _weights(p, cycles, lanes, rng)
    a = codes(rng, p.a, (cycles, lanes), bits=12)
    return quantised(p, {"a": a, **weights}, a * 2.0**-p.a.frac_bits * value)


def _accumulated(p, weights, value, cycles, lanes, rng) -> Expectation:
    """Expect every sum: one term after the other, with a new start now and then."""
    spec = p.accumulator
    inputs = {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "sum_in": codes(rng, spec.format, (cycles, lanes)),
        "a": codes(rng, p.a, (cycles, lanes), bits=12),
        **weights,
    }
    terms = inputs["a"] * value * 2.0 ** (spec.format.frac_bits - p.a.frac_bits)
    words, mode = np.zeros((cycles, 1)), spec.rounding
    if spec.product_rounding is not None:
        terms = rounded(terms, spec.product_rounding, p.generator)
    elif mode is Rounding.STOCHASTIC:
        words = p.generator.words(cycles)[:, None] / 2.0**p.generator.width
    mode = Rounding.TRUNCATE if mode is Rounding.STOCHASTIC else mode
    total, expected = np.zeros(lanes), np.empty((cycles, lanes))
    for t in range(cycles):
        expected[t] = total
        total = np.where(inputs["load"][t], inputs["sum_in"][t], total) + terms[t] + words[t]
        total = inside(FLOATS[mode](total), spec.format, spec.overflow)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"],
        expected=expected,
        tolerance=0,
        source="sum <- Q(sum + weight a) in doubles, which hold these values exactly",
    )


def shift_accumulated(p: ShiftMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of shifted codes."""
    weights, value = _weights(p, cycles, lanes, rng)
    return _accumulated(p, weights, value, cycles, lanes, rng)


def added(p: BinaryMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of codes added, subtracted and left out."""
    bit = rng.integers(0, 2, (cycles, lanes))
    if p.weights == "binary":
        return _accumulated(p, {"weight": bit}, np.where(bit, 1.0, -1.0), cycles, lanes, rng)
    sign = rng.integers(0, 2, (cycles, lanes))
    value = np.where(bit, np.where(sign, -1.0, 1.0), 0.0)
    return _accumulated(p, {"sign": sign, "weight": bit}, value, cycles, lanes, rng)


def _specs():
    """Return accumulators, with generators, at the ends of what there is."""
    for total, rounding, overflow, early in (
        ("sQ4.2", "truncate", "saturate", None),
        ("uQ4.2", "nearest_even", "wrap", None),
        ("sQ3.1", "jam", "error", "nearest_away"),
        ("sQ4.1", "stochastic", "saturate_symmetric", None),
        ("sQ6.0", "truncate", "saturate_zero", "stochastic"),
        ("sQ20.20", "ceil", "error", None),
    ):
        spec = AccumulatorSpec(
            format=Q(total),
            rounding=Rounding(rounding),
            overflow=Overflow(overflow),
            product_rounding=None if early is None else Rounding(early),
        )
        yield spec, Lfsr(width=4) if spec.random else None


def _multipliers():
    """Return multipliers by shifts with every kind of sign, rounding and end."""
    for a, weight, target, rounding, overflow, generator in (
        ("uQ1.0", powers(0, 0, signed=False), None, "truncate", "wrap", None),
        ("sQ1.0", powers(0, 0), None, "truncate", "wrap", None),
        ("sQ4.4", powers(-2, 3, signed=False), "sQ5.3", "nearest_even", "saturate", None),
        ("uQ4.4", powers(-3, 3), "sQ3.2", "nearest_away", "saturate_symmetric", None),
        ("sQ2.2", powers(-40, -20), "uQ-10.20", "jam", "error", None),
        ("sQ2.2", powers(1, 3), "sQ9.-3", "stochastic", "saturate_zero", Counter(width=3)),
        ("sQ1.0", powers(-30, 31), "sQ34.20", "nearest_odd", "error", None),
    ):
        yield ShiftMultiplier(
            a=Q(a),
            weight=weight,
            target=None if target is None else Q(target),
            rounding=Rounding(rounding),
            overflow=Overflow(overflow),
            generator=generator,
        )


ENTRIES = (
    Entry(
        name="log_quantizer",
        default=LogQuantizer(source=Q("sQ4.12"), target=powers(-4, 2)),
        edges=tuple(
            LogQuantizer(source=Q(source), target=target, rounding=rounding)
            for source, target, rounding in (
                ("uQ1.0", powers(0, 0), "log"),
                ("sQ2.0", powers(0, 0, signed=False), "linear"),
                ("sQ4.12", powers(-4, 2), "linear"),
                ("uQ4.4", powers(-6, -1), "log"),
                ("uQ2.3", powers(0, 4, signed=False), "linear"),
                ("sQ10.10", powers(-20, 20), "log"),
                ("sQ33.31", powers(-31, 30), "linear"),
                ("sQ5.2", powers(-9, -6, signed=False), "log"),
                ("uQ60.3", powers(57, 59), "log"),
            )
        ),
        # Of six bits the threshold is even, so that there is a magnitude on it; and the
        # greatest power is that of the most negative number, so that no end hides a fault.
        planted=LogQuantizer(source=Q("sQ5.1"), target=powers(0, 4)),
        oracle=logarithms,
    ),
    Entry(
        name="shift_multiplier",
        default=ShiftMultiplier(
            a=Q("sQ4.12"),
            weight=powers(-6, 0),
            target=Q("sQ4.12"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE,
        ),
        edges=tuple(_multipliers()),
        planted=ShiftMultiplier(
            a=Q("sQ2.3"),
            weight=powers(-1, 1),
            target=Q("sQ3.1"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE_ZERO,
        ),
        oracle=shifted,
    ),
    Entry(
        name="shift_mac",
        default=ShiftMac(
            a=Q("sQ4.12"),
            weight=powers(-6, 0),
            accumulator=AccumulatorSpec(
                format=Q("sQ8.12"), rounding=Rounding.NEAREST_UP, overflow=Overflow.SATURATE
            ),
        ),
        edges=tuple(
            ShiftMac(
                a=Q("uQ2.2" if i % 2 else "sQ2.2"),
                weight=powers(-1 - i, i, signed=i != 3),
                accumulator=spec,
                generator=generator,
            )
            for i, (spec, generator) in enumerate(_specs())
        ),
        # A sum does not use all the bits that are there for it, so the sign shows in two:
        # no end is chosen by it here.
        planted=ShiftMac(
            a=Q("sQ2.2"),
            weight=powers(-1, 1),
            accumulator=AccumulatorSpec(
                format=Q("sQ4.1"),
                rounding=Rounding.NEAREST_EVEN,
                overflow=Overflow.SATURATE_ZERO,
            ),
        ),
        oracle=shift_accumulated,
    ),
    Entry(
        name="binary_mac",
        default=BinaryMac(
            a=Q("sQ4.4"),
            accumulator=AccumulatorSpec(format=Q("sQ8.4"), overflow=Overflow.SATURATE),
        ),
        edges=tuple(
            BinaryMac(
                a=Q("uQ1.0" if i == 0 else "uQ2.2" if i % 2 else "sQ2.2"),
                weights=weights,
                accumulator=spec,
                generator=generator,
            )
            for weights in ("binary", "ternary")
            for i, (spec, generator) in enumerate(_specs())
        ),
        planted=BinaryMac(
            a=Q("sQ2.2"),
            weights="ternary",
            accumulator=AccumulatorSpec(
                format=Q("sQ4.1"),
                rounding=Rounding.NEAREST_EVEN,
                overflow=Overflow.SATURATE_ZERO,
            ),
        ),
        oracle=added,
    ),
)
