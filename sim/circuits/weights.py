"""Catalogue entries of the circuits with power-of-two, binary and ternary weights."""

import numpy as np

from fixedpoint import (
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
from .accumulating import accumulated, accumulator, summands
from .doubles import codes, quantised

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


def shift_accumulated(p: ShiftMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of shifted codes."""
    weights, value = _weights(p, cycles, lanes, rng)
    return accumulated(p, {**weights, **summands(p, cycles, lanes, rng)}, value)


def added(p: BinaryMac, cycles, lanes, rng) -> Expectation:
    """Expect every sum of codes added, subtracted and left out."""
    bit = rng.integers(0, 2, (cycles, lanes))
    weights, value = {"weight": bit}, np.where(bit, 1.0, -1.0)
    if p.weights == "ternary":
        sign = rng.integers(0, 2, (cycles, lanes))
        weights["sign"], value = sign, np.where(bit, np.where(sign, -1.0, 1.0), 0.0)
    return accumulated(p, {**weights, **summands(p, cycles, lanes, rng)}, value)


def _product(a, weight, target, rounding, overflow, generator=None):
    """Return a multiplier by shifts from the names of its formats and modes."""
    return ShiftMultiplier(
        a=a,
        weight=weight,
        target=target,
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        generator=generator,
    )


def _unit(kind, a, spec, **fields):
    """Return a unit that accumulates, with a generator if it rounds at random."""
    generator = Lfsr(width=4) if spec.random else None
    return kind(a=a, accumulator=spec, generator=generator, **fields)


# At the ends of what there is.
SPECS = (
    accumulator("sQ4.2", "truncate", "saturate"),
    accumulator("uQ4.2", "nearest_even", "wrap"),
    accumulator("sQ3.1", "jam", "error", "nearest_away"),
    accumulator("sQ4.1", "stochastic", "saturate_symmetric"),
    accumulator("sQ6.0", "truncate", "saturate_zero", "stochastic"),
    accumulator("sQ20.20", "ceil", "error"),
)
PLANTED = accumulator("sQ4.1", "nearest_even", "saturate_zero")

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
        default=_product("sQ4.12", powers(-6, 0), "sQ4.12", "nearest_even", "saturate"),
        # Every kind of sign, rounding and end.
        edges=(
            _product("uQ1.0", powers(0, 0, signed=False), None, "truncate", "wrap"),
            _product("sQ1.0", powers(0, 0), None, "truncate", "wrap"),
            _product("sQ4.4", powers(-2, 3, signed=False), "sQ5.3", "nearest_even", "saturate"),
            _product("uQ4.4", powers(-3, 3), "sQ3.2", "nearest_away", "saturate_symmetric"),
            _product("sQ2.2", powers(-40, -20), "uQ-10.20", "jam", "error"),
            _product(
                "sQ2.2", powers(1, 3), "sQ9.-3", "stochastic", "saturate_zero", Counter(width=3)
            ),
            _product("sQ1.0", powers(-30, 31), "sQ34.20", "nearest_odd", "error"),
        ),
        planted=_product("sQ2.3", powers(-1, 1), "sQ3.1", "nearest_even", "saturate_zero"),
        oracle=shifted,
    ),
    Entry(
        name="shift_mac",
        default=_unit(
            ShiftMac,
            "sQ4.12",
            accumulator("sQ8.12", "nearest_up", "saturate"),
            weight=powers(-6, 0),
        ),
        edges=tuple(
            _unit(
                ShiftMac,
                "uQ2.2" if i % 2 else "sQ2.2",
                spec,
                weight=powers(-1 - i, i, signed=i != 3),
            )
            for i, spec in enumerate(SPECS)
        ),
        # A sum does not use all the bits that are there for it, so the sign shows in two:
        # no end is chosen by it here.
        planted=_unit(ShiftMac, "sQ2.2", PLANTED, weight=powers(-1, 1)),
        oracle=shift_accumulated,
    ),
    Entry(
        name="binary_mac",
        default=_unit(BinaryMac, "sQ4.4", accumulator("sQ8.4", "truncate", "saturate")),
        edges=tuple(
            _unit(
                BinaryMac,
                "uQ1.0" if i == 0 else "uQ2.2" if i % 2 else "sQ2.2",
                spec,
                weights=weights,
            )
            for weights in ("binary", "ternary")
            for i, spec in enumerate(SPECS)
        ),
        planted=_unit(BinaryMac, "sQ2.2", PLANTED, weights="ternary"),
        oracle=added,
    ),
)
