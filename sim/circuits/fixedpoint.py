"""Catalogue entries of the fixed-point circuits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fixedpoint import (
    AccumulatorSpec,
    ConvLine,
    DotProduct,
    FixedAdder,
    FixedMomentumSgd,
    FixedMultiplier,
    FloatToFixed,
    Format,
    Mac,
    MacArray,
    Overflow,
    Requantizer,
    Rounding,
)
from stochastic import Counter, Lfsr, Xorshift32

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]

Q = Format.parse

# The roundings in floats.
FLOATS: dict[Rounding, Callable[[Any], Any]] = {
    Rounding.TRUNCATE: np.floor,
    Rounding.CEIL: np.ceil,
    Rounding.TO_ZERO: np.trunc,
    Rounding.AWAY: lambda x: np.copysign(np.ceil(np.abs(x)), x),
    Rounding.NEAREST_UP: lambda x: np.floor(x + 0.5),
    Rounding.NEAREST_DOWN: lambda x: np.ceil(x - 0.5),
    Rounding.NEAREST_ZERO: lambda x: np.copysign(np.ceil(np.abs(x) - 0.5), x),
    Rounding.NEAREST_AWAY: lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x),
    Rounding.NEAREST_EVEN: np.rint,
    Rounding.NEAREST_ODD: lambda x: np.rint(x - 1) + 1,
    Rounding.JAM: lambda x: 2 * np.floor(x / 2) + 1,
}


def codes(rng, fmt: Format, shape, bits=20):
    """Return random codes of at most so many bits, so that floats stay exact."""
    bits = min(bits, fmt.width - fmt.signed)
    return rng.integers(-(1 << bits) if fmt.signed else 0, 1 << bits, shape)


def rounded(values, rounding: Rounding, generator=None):
    """Return floats rounded; with STOCHASTIC row t takes the generator's word t."""
    if rounding is not Rounding.STOCHASTIC:
        return FLOATS[rounding](values)
    words = generator.words(len(values)) / 2.0**generator.width
    return np.floor(values + words[:, None])


def inside(values, fmt: Format, overflow: Overflow):
    """Return rounded floats in the range of a format, by its limits in closed form."""
    high = 2.0 ** (fmt.width - fmt.signed) - 1
    low = -high - (overflow is not Overflow.SATURATE_SYMMETRIC) if fmt.signed else 0.0
    beyond = (values < low) | (values > high)
    match overflow:
        case Overflow.WRAP | Overflow.ERROR:
            bits = np.mod(values, 2.0**fmt.width)
            return np.where(beyond, np.where(bits > high, bits - 2.0**fmt.width, bits), values)
        case Overflow.SATURATE_ZERO:
            return np.where(beyond, 0, values)
    return np.clip(values, low, high)


def quantised(p, inputs, exact) -> Expectation:
    """Expect exact values, given as floats, rounded and brought into range."""
    scaled = rounded(exact * 2.0**p.target.frac_bits, p.rounding, p.generator)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=inside(scaled, p.target, p.overflow),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold these values exactly",
    )


def requantised(p: Requantizer, cycles, lanes, rng) -> Expectation:
    """Expect every result in closed form."""
    source = codes(rng, p.source, (cycles, lanes))
    return quantised(p, {"source": source}, source * 2.0**-p.source.frac_bits)


def _operands(p, cycles, lanes, rng):
    inputs = {n: codes(rng, getattr(p, n), (cycles, lanes), bits=12) for n in ("a", "b")}
    return inputs, *(inputs[n] * 2.0 ** -getattr(p, n).frac_bits for n in ("a", "b"))


def added(p: FixedAdder, cycles, lanes, rng) -> Expectation:
    """Expect every sum in closed form."""
    inputs, a, b = _operands(p, cycles, lanes, rng)
    return quantised(p, inputs, a + b)


def multiplied(p: FixedMultiplier, cycles, lanes, rng) -> Expectation:
    """Expect every product in closed form."""
    inputs, a, b = _operands(p, cycles, lanes, rng)
    return quantised(p, inputs, a * b)


def _arithmetic(kind, a, b, target, rounding, overflow, generator=None):
    """Return a circuit of two operands from names of formats and modes."""
    return kind(
        a=Q(a),
        b=Q(b),
        target=Q(target),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        generator=generator,
    )


def _arithmetic_entry(name, kind, oracle, default, edges, planted):
    """Return the entry of a circuit of two operands."""
    return Entry(
        name=name,
        default=_arithmetic(kind, *default),
        edges=tuple(_arithmetic(kind, *edge) for edge in edges),
        planted=_arithmetic(kind, *planted),
        oracle=oracle,
    )


def _spec(total, rounding="truncate", overflow="wrap", early=None, order="sequential"):
    """Return an accumulator from names of its format and modes."""
    return AccumulatorSpec(
        format=Q(total),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        order=order,
        product_rounding=None if early is None else Rounding(early),
    )


def _requantizers():
    """Return every rounding, and formats at the ends of what there is."""
    overflows = list(Overflow)
    for i, rounding in enumerate(Rounding):
        yield Requantizer(
            source=Q("uQ5.3" if i % 3 == 1 else "sQ5.3"),
            target=Q("uQ3.1" if i % 4 == 2 else "sQ3.1"),
            rounding=rounding,
            overflow=overflows[i % 5],
            generator=Lfsr(width=5) if rounding is Rounding.STOCHASTIC else None,
        )
    for source, target, rounding, overflow in (
        ("sQ1.0", "uQ1.0", "truncate", "wrap"),
        ("uQ1.0", "sQ1.0", "truncate", "wrap"),
        ("sQ3.2", "sQ1.0", "nearest_zero", "saturate_zero"),
        ("sQ3.2", "sQ2.0", "nearest_zero", "saturate_symmetric"),
        ("sQ4.0", "sQ7.4", "jam", "wrap"),
        ("sQ4.0", "sQ4.4", "nearest_even", "error"),
        ("sQ4.4", "sQ12.-10", "truncate", "error"),
        ("sQ4.4", "sQ12.-10", "away", "saturate"),
        ("sQ2.62", "sQ2.0", "nearest_odd", "saturate_zero"),
        ("sQ64.0", "sQ32.0", "truncate", "saturate_symmetric"),
        ("sQ60.4", "sQ64.0", "nearest_down", "saturate"),
        ("uQ63.0", "sQ60.-10", "ceil", "wrap"),
    ):
        yield Requantizer(
            source=Q(source),
            target=Q(target),
            rounding=Rounding(rounding),
            overflow=Overflow(overflow),
        )
    for source, target, generator in (
        ("sQ4.4", "sQ4.0", Xorshift32(width=32)),
        ("sQ2.8", "uQ2.0", Counter(width=1)),
        ("sQ4.0", "sQ3.1", Lfsr(width=3, zero_state=True)),
    ):
        yield Requantizer(
            source=Q(source),
            target=Q(target),
            rounding=Rounding.STOCHASTIC,
            overflow=Overflow.SATURATE,
            generator=generator,
        )


def _terms(p, a, b):
    """Return products, floats in units of the accumulator's resolution, rounded if asked."""
    spec, bits = p.accumulator, p.a.frac_bits + p.b.frac_bits
    product = a * b * 2.0 ** (spec.format.frac_bits - bits)
    if spec.product_rounding is None:
        return product
    return rounded(product, spec.product_rounding, p.generator)


def _running(p, load, sum_in, a, b):
    """Return the sums that each column of units shows: they start anew with `load`."""
    spec = p.accumulator
    terms = _terms(p, a, b)
    words = np.zeros((len(terms), 1))
    if spec.rounding is Rounding.STOCHASTIC and spec.product_rounding is None:
        (generator,) = p.generators
        words = generator.words(len(terms))[:, None] / 2.0**generator.width
    mode = Rounding.TRUNCATE if spec.rounding is Rounding.STOCHASTIC else spec.rounding
    total, shown = np.zeros(terms.shape[1]), np.empty(terms.shape)
    for t in range(len(terms)):
        shown[t] = total
        total = np.where(load[t], sum_in[t], total) + terms[t] + words[t]
        total = inside(FLOATS[mode](total), spec.format, spec.overflow)
    return shown


def _summands(p, cycles, lanes, rng):
    """Return inputs of units that accumulate, with a new start now and then."""
    widths = {port.name: port.count for port in p.inputs}
    return {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "sum_in": codes(rng, p.accumulator.format, (cycles, lanes * widths["sum_in"])),
        "a": codes(rng, p.a, (cycles, lanes * widths["a"]), bits=12),
        "b": codes(rng, p.b, (cycles, lanes * widths["b"]), bits=12),
    }


RECURRENCE = "the recurrence sum <- Q(sum + a b) in doubles, which hold these values exactly"


def accumulated(p: Mac, cycles, lanes, rng) -> Expectation:
    """Expect every sum: one product after the other."""
    inputs = _summands(p, cycles, lanes, rng)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"],
        expected=_running(p, **inputs),
        tolerance=0,
        source=RECURRENCE,
    )


def accumulated_in_array(p: MacArray, cycles, lanes, rng) -> Expectation:
    """Expect every result: the sums of all rows and columns, requantised."""
    inputs = _summands(p, cycles, lanes, rng)
    shape = (cycles, lanes, p.rows, p.columns)
    # Each input at the rows and columns that take it.
    axes = {
        "load": (lanes, 1, 1),
        "sum_in": (lanes, 1, p.columns),
        "a": (lanes, p.rows, 1 if p.inputs_per == "row" else p.columns),
        "b": (lanes, 1, p.columns),
    }
    spread = {
        name: np.broadcast_to(inputs[name].reshape(cycles, *axis), shape).reshape(cycles, -1)
        for name, axis in axes.items()
    }
    scale = 2.0 ** (p.target.frac_bits - p.accumulator.format.frac_bits)
    scaled = rounded(_running(p, **spread) * scale, p.rounding)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=inside(scaled, p.target, p.overflow),
        tolerance=0,
        source=RECURRENCE,
    )


def _macs():
    """Return every rounding of sums and products, and formats at the ends of what there is."""
    overflows, roundings = list(Overflow), [None, *Rounding]
    for i, rounding in enumerate(Rounding):
        total, early = "uQ4.2" if i % 4 == 3 else "sQ4.2", roundings[i * 5 % 13]
        spec = _spec(total, rounding, overflows[i % 5], early if i % 2 else None)
        yield Mac(
            a=Q("uQ2.2" if i % 3 == 1 else "sQ2.2"),
            b=Q("sQ2.3"),
            accumulator=spec,
            generator=Lfsr(width=4) if spec.random else None,
        )
    for a, b, total, rounding, overflow, early in (
        ("uQ1.0", "uQ1.0", "uQ1.0", "truncate", "wrap", None),
        ("sQ1.0", "sQ1.0", "sQ2.0", "jam", "error", None),
        ("sQ4.0", "sQ4.0", "sQ9.3", "ceil", "saturate", "jam"),
        ("sQ4.4", "sQ4.4", "sQ12.-6", "away", "saturate", "away"),
        ("sQ15.16", "sQ15.16", "sQ31.30", "truncate", "saturate", None),
        ("uQ15.16", "uQ15.16", "uQ30.32", "truncate", "saturate_zero", None),
        ("sQ4.4", "uQ4.4", "sQ55.3", "nearest_even", "saturate", None),
        ("sQ2.2", "sQ2.2", "sQ3.1", "truncate", "saturate", "stochastic"),
    ):
        spec = _spec(total, rounding, overflow, early)
        yield Mac(
            a=Q(a), b=Q(b), accumulator=spec, generator=Lfsr(width=3) if spec.random else None
        )


def _arrays():
    """Return arrays of several shapes, both kinds of inputs, and all that warns."""
    for rows, columns, per, formats, rounding, overflow, target, how in (
        (1, 1, "row", "uQ1.0 uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap", "truncate", "wrap"),
        (1, 3, "unit", "sQ2.2 sQ2.2 sQ4.2 sQ3.1", "away", "error", "nearest_zero", "error"),
        (3, 1, "row", "uQ2.2 sQ2.3 sQ4.3 uQ3.1", "jam", "error", "ceil", "saturate_zero"),
        (2, 3, "unit", "sQ4.0 uQ0.4 sQ6.2 sQ2.4", "stochastic", "saturate", "jam", "error"),
        (2, 2, "row", "sQ1.7 sQ1.7 sQ6.14 uQ2.6", "truncate", "saturate", "away", "saturate"),
    ):
        a, b, total, result = formats.split()
        spec = _spec(total, rounding, overflow)
        yield MacArray(
            rows=rows,
            columns=columns,
            inputs_per=per,
            a=Q(a),
            b=Q(b),
            accumulator=spec,
            generator=Lfsr(width=5) if spec.random else None,
            target=Q(result),
            rounding=Rounding(target),
            overflow=Overflow(how),
        )


def _tree(p: DotProduct, products):
    """Return the sums of ``products [cycles, lanes, K]``, in units of the accumulator's."""
    spec, k = p.accumulator, p.terms
    nodes = products * 2.0 ** (spec.format.frac_bits - p.a.frac_bits - p.b.frac_bits)
    early = spec.product_rounding
    none: list[Any] = [None] * k
    generators = list(p.generators or none)

    def each(values, rounding, sources):
        planes = np.moveaxis(values, -1, 0)
        pairs = zip(planes, sources, strict=False)
        return np.stack([rounded(v, rounding, source) for v, source in pairs], axis=-1)

    if early is not None:
        nodes = each(nodes, early, generators)
    mode, sources = spec.rounding, none
    if mode is Rounding.STOCHASTIC:
        mode, sources = (Rounding.TRUNCATE, none) if early else (mode, generators)
    if k % 2:
        nodes = np.concatenate([nodes, np.zeros((*nodes.shape[:-1], 1))], axis=-1)
    while True:
        even = nodes.shape[-1] // 2 * 2
        sums = each(nodes[..., 0:even:2] + nodes[..., 1:even:2], mode, sources)
        sums = inside(sums, spec.format, spec.overflow)
        nodes = np.concatenate([sums, nodes[..., even:]], axis=-1)
        if nodes.shape[-1] == 1:
            return nodes[..., 0]
        mode = Rounding.TRUNCATE if mode is Rounding.STOCHASTIC else mode


TREE = "the tree of AccumulatorSpec in doubles, which hold these values exactly"


def summed(p: DotProduct, cycles, lanes, rng) -> Expectation:
    """Expect every inner product, level by level."""
    inputs = {
        "a": codes(rng, p.a, (cycles, lanes * p.terms), bits=12),
        "b": codes(rng, p.b, (cycles, lanes * p.terms), bits=12),
    }
    products = (inputs["a"] * inputs["b"]).reshape(cycles, lanes, p.terms)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"][p.latency :],
        expected=_tree(p, products)[: -p.latency],
        tolerance=0,
        source=TREE,
    )


def convolved(p: ConvLine, cycles, lanes, rng) -> Expectation:
    """Expect the inner product of every window, those across two images too."""
    k, width = p.size, p.columns
    inputs = {
        "pixel": codes(rng, p.pixel_format, (cycles, lanes), bits=12),
        "weights": codes(rng, p.weight_format, (cycles, lanes * k * k), bits=12),
    }
    border = np.zeros(((k - 1) * (width + 1), lanes), np.int64)
    seen = np.concatenate([border, inputs["pixel"]])
    window = np.stack(
        [seen[y * width + x :][:cycles] for y in range(k) for x in range(k)], axis=-1
    )
    products = window * inputs["weights"].reshape(cycles, lanes, k * k)
    y, x = np.unravel_index(np.arange(cycles) % (p.rows * width), (p.rows, width))
    below, beside = y - (k - 1), x - (k - 1)
    inside = (below >= 0) & (beside >= 0)
    inside &= (below % p.stride == 0) & (beside % p.stride == 0)
    valid = np.repeat(inside[:, None], lanes, axis=1)
    return Expectation(
        inputs=inputs,
        measure=lambda o: np.stack([o["sum"], o["valid"]])[:, p.latency :],
        expected=np.stack([_tree(p.dot_product, products), valid])[:, : -p.latency],
        tolerance=0,
        source=TREE,
    )


def _lines():
    """Return windows and images of many sizes."""
    for size, columns, rows, stride, pixel, weight, total, rounding, overflow, early in (
        (1, 1, 1, 1, "uQ1.0", "uQ1.0", "uQ1.0", "truncate", "wrap", None),
        (1, 3, 2, 16, "sQ2.2", "sQ2.2", "sQ4.2", "nearest_even", "error", None),
        (2, 2, 2, 1, "uQ2.2", "sQ2.2", "sQ4.1", "jam", "saturate", "nearest_up"),
        (2, 5, 3, 2, "sQ4.0", "uQ0.4", "sQ4.2", "stochastic", "saturate", None),
        (3, 4, 7, 1, "sQ2.2", "sQ2.2", "sQ3.3", "nearest_odd", "error", "nearest_odd"),
        (5, 9, 6, 4, "uQ0.8", "sQ1.7", "sQ2.6", "truncate", "saturate_symmetric", None),
    ):
        spec = _spec(total, rounding, overflow, early, order="tree")
        words = spec.words_per_output(size * size)
        yield ConvLine(
            size=size,
            columns=columns,
            rows=rows,
            stride=stride,
            pixel_format=Q(pixel),
            weight_format=Q(weight),
            accumulator=spec,
            generators=tuple(Lfsr(width=3 + i) for i in range(words)),
        )


def _trees():
    """Return trees of many shapes, with every kind of rounding."""
    for terms, a, b, total, rounding, overflow, early in (
        (1, "sQ2.2", "uQ2.2", "sQ4.2", "nearest_even", "saturate", None),
        (1, "uQ1.0", "uQ1.0", "uQ1.0", "truncate", "wrap", None),
        (2, "sQ2.2", "sQ2.2", "sQ3.1", "nearest_away", "saturate_symmetric", None),
        (3, "sQ2.2", "uQ1.3", "sQ3.2", "jam", "error", "nearest_odd"),
        (5, "sQ3.1", "sQ2.2", "sQ5.0", "jam", "saturate_zero", None),
        (6, "uQ2.2", "uQ2.2", "uQ5.1", "nearest_down", "error", None),
        (9, "sQ4.4", "sQ4.4", "sQ9.4", "truncate", "saturate", "nearest_up"),
        (2, "sQ15.15", "sQ15.15", "sQ31.31", "ceil", "saturate", None),
        (5, "sQ2.2", "sQ2.2", "sQ4.1", "stochastic", "saturate", None),
        (3, "sQ2.2", "sQ2.2", "sQ4.1", "truncate", "saturate", "stochastic"),
    ):
        spec = _spec(total, rounding, overflow, early, order="tree")
        words = spec.words_per_output(terms)
        yield DotProduct(
            terms=terms,
            a=Q(a),
            b=Q(b),
            accumulator=spec,
            generators=tuple(Lfsr(width=3 + i) for i in range(words)),
        )


def descended(p: FixedMomentumSgd, cycles, lanes, rng) -> Expectation:
    """Expect every momentum and weight: one update after the other, now and then loaded."""
    n = p.lanes
    inputs = {
        "load": (rng.random((cycles, lanes)) < 0.1).astype(np.int64),
        "rate": codes(rng, p.rate_format, (cycles, lanes), bits=10),
        "gradient": codes(rng, p.gradient_format, (cycles, lanes * n), bits=16),
        "momentum_in": codes(rng, p.momentum_format, (cycles, lanes * n), bits=16),
        "weight_in": codes(rng, p.weight_format, (cycles, lanes * n)),
    }
    load = np.repeat(inputs["load"], n, axis=1) == 1
    rate = np.repeat(inputs["rate"], n, axis=1) * 2.0**-p.rate_format.frac_bits
    gradient = inputs["gradient"] * 2.0**-p.gradient_format.frac_bits
    words = [np.zeros((cycles, lanes * n))] * 2
    for i, generator in enumerate(p.generators):
        own = [generator.words(cycles)]
        for _ in range(n - 1):
            # One place to the left is twice the word, less its top bit, which comes in below.
            twice = own[-1].astype(np.int64) * 2
            own.append(twice - (twice >> generator.width) * ((1 << generator.width) - 1))
        words[i] = np.tile(np.stack(own, axis=1) / 2.0**generator.width, (1, lanes))

    def quantise(values, fmt, word):
        mode = Rounding.TRUNCATE if p.rounding is Rounding.STOCHASTIC else p.rounding
        return inside(FLOATS[mode](values * 2.0**fmt.frac_bits + word), fmt, p.overflow)

    c, w = np.zeros((2, lanes * n))
    expected = np.empty((2, cycles, lanes * n))
    for t in range(cycles):
        expected[:, t] = c, w
        c = np.where(load[t], inputs["momentum_in"][t], c) * 2.0**-p.momentum_format.frac_bits
        w = np.where(load[t], inputs["weight_in"][t], w) * 2.0**-p.weight_format.frac_bits
        moved = c + (gradient[t] - c) * 2.0**-p.decay_shift
        c = quantise(moved, p.momentum_format, words[0][t])
        stepped = w - rate[t] * c * 2.0**-p.momentum_format.frac_bits
        w = quantise(stepped, p.weight_format, words[1][t])
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([outputs["momentum"], outputs["weight"]]),
        expected=expected,
        tolerance=0,
        source=(
            "momentum <- Q(C + 2^-d (g - C)), weight <- Q(W - rate momentum) in doubles, "
            "which hold these values exactly"
        ),
    )


def _optimizers():
    """Return lanes, formats and modes of many kinds."""
    for lanes, formats, shift, rounding, overflow in (
        (1, "sQ1.0 sQ1.0 sQ1.0 uQ1.0", 0, "truncate", "wrap"),
        (2, "sQ4.4 sQ2.6 sQ3.5 uQ-1.8", 3, "nearest_even", "saturate_symmetric"),
        (3, "sQ2.6 sQ4.4 sQ6.2 uQ2.2", 1, "nearest_away", "saturate_zero"),
        (1, "uQ4.4 sQ5.3 uQ4.4 sQ2.2", 4, "jam", "saturate"),
        (1, "sQ2.14 sQ2.18 sQ4.20 uQ0.8", 12, "nearest_zero", "saturate"),
        (1, "sQ8.24 sQ8.24 sQ8.24 uQ0.16", 32, "ceil", "wrap"),
        (5, "sQ2.6 sQ2.6 sQ2.6 uQ0.4", 3, "stochastic", "saturate"),
    ):
        gradient, momentum, weight, rate = map(Q, formats.split())
        random = rounding == "stochastic"
        yield FixedMomentumSgd(
            lanes=lanes,
            gradient_format=gradient,
            momentum_format=momentum,
            weight_format=weight,
            rate_format=rate,
            decay_shift=shift,
            rounding=Rounding(rounding),
            overflow=Overflow(overflow),
            momentum_generator=Lfsr(width=4) if random else None,
            weight_generator=Xorshift32(width=3) if random else None,
        )


def singles(p: FloatToFixed, cycles, lanes, rng):
    """Return floats around the target's range, its halves among them, and special ones."""
    shape = (cycles, lanes)
    around = 127 + rng.integers(-p.target.frac_bits - 4, p.target.int_bits + 4, shape)
    exponent = np.where(rng.random(shape) < 0.1, rng.integers(0, 256, shape), around)
    exponent = np.clip(exponent, 0, 255)
    exponent = np.where(rng.random(shape) < 0.1, rng.choice([0, 1, 254, 255], shape), exponent)
    # Fractions of few bits give ties.
    kept = rng.integers(0, 24, shape)
    fraction = rng.integers(0, 1 << 23, shape) >> kept << kept
    return {"value": rng.integers(0, 2, shape) << 31 | exponent << 23 | fraction}


def converted(p: FloatToFixed, cycles, lanes, rng) -> Expectation:
    """Expect every code in closed form, and the flags."""
    inputs = singles(p, cycles, lanes, rng)
    with np.errstate(invalid="ignore"):
        floats = inputs["value"].astype(np.uint32).view(np.float32).astype(np.float64)
    # From 2^53 on doubles have no ones, which JAM sets.
    small = np.abs(floats) < 2.0 ** (50 - p.target.frac_bits)
    inputs["value"] = np.where(small | ~np.isfinite(floats), inputs["value"], 0)
    floats = np.where(small | ~np.isfinite(floats), floats, 0)
    finite = np.where(np.isfinite(floats), floats, 0)
    number = rounded(finite * 2.0**p.target.frac_bits, p.rounding, p.generator)
    code = np.where(np.isfinite(floats), inside(number, p.target, p.overflow), 0)
    return Expectation(
        inputs=inputs,
        measure=lambda o: np.stack([o["result"], o["nan"], o["infinite"]]),
        expected=np.stack([code, np.isnan(floats), np.isinf(floats)]),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold all singles exactly",
    )


def _boundaries():
    """Return every rounding, and formats at the ends of what there is."""
    overflows = list(Overflow)
    rows = [
        (Q("uQ4.4" if i % 3 == 1 else "sQ4.4"), rounding, overflows[i % 5])
        for i, rounding in enumerate(Rounding)
    ]
    rows += [
        (Q(name), Rounding(rounding), Overflow(overflow))
        for name, rounding, overflow in (
            ("uQ1.0", "truncate", "wrap"),
            ("sQ1.0", "nearest_down", "error"),
            ("sQ16.16", "nearest_even", "saturate"),
            ("uQ32.0", "nearest_up", "error"),
            ("sQ-100.120", "nearest_away", "saturate_symmetric"),
            ("sQ-140.160", "truncate", "wrap"),
            ("sQ110.-100", "nearest_zero", "saturate_zero"),
            ("sQ300.-290", "ceil", "wrap"),
        )
    ]
    for target, rounding, overflow in rows:
        yield FloatToFixed(
            target=target,
            rounding=rounding,
            overflow=overflow,
            generator=Lfsr(width=5) if rounding is Rounding.STOCHASTIC else None,
        )
    yield FloatToFixed(
        target=Q("sQ2.1"),
        rounding=Rounding.STOCHASTIC,
        overflow=Overflow.SATURATE,
        generator=Xorshift32(width=32),
    )


ENTRIES = (
    Entry(
        name="requantizer",
        default=Requantizer(
            source=Q("sQ4.12"),
            target=Q("sQ4.4"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE,
        ),
        edges=tuple(_requantizers()),
        planted=Requantizer(
            source=Q("sQ5.3"),
            target=Q("sQ3.1"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE_SYMMETRIC,
        ),
        oracle=requantised,
    ),
    _arithmetic_entry(
        "fixed_adder",
        FixedAdder,
        added,
        default=("sQ4.12", "sQ4.12", "sQ4.12", "truncate", "saturate"),
        edges=(
            ("uQ1.0", "uQ1.0", "uQ1.0", "truncate", "wrap"),
            ("sQ1.0", "uQ1.0", "sQ1.0", "jam", "error"),
            ("sQ4.4", "uQ2.6", "sQ3.3", "nearest_even", "saturate_symmetric"),
            ("uQ4.4", "uQ-1.6", "sQ4.2", "nearest_odd", "error"),
            ("sQ8.0", "sQ-2.10", "uQ7.1", "nearest_zero", "saturate"),
            ("sQ8.0", "sQ0.6", "sQ9.9", "ceil", "wrap"),
            ("sQ31.32", "sQ31.32", "sQ31.1", "nearest_away", "saturate_zero"),
            ("uQ31.31", "uQ31.31", "uQ31.0", "nearest_down", "saturate"),
            ("sQ4.4", "sQ2.6", "sQ4.0", "stochastic", "saturate", Lfsr(width=6)),
        ),
        # A sum cannot reach the last carry of the rounding, so the sign shows in two bits:
        # no end is chosen by it here.
        planted=("sQ3.2", "sQ2.4", "sQ3.1", "nearest_even", "saturate_zero"),
    ),
    _arithmetic_entry(
        "fixed_multiplier",
        FixedMultiplier,
        multiplied,
        default=("sQ4.12", "sQ4.12", "sQ4.12", "nearest_up", "saturate"),
        edges=(
            ("uQ1.0", "uQ1.0", "uQ1.0", "truncate", "wrap"),
            ("sQ1.0", "sQ1.0", "sQ1.0", "ceil", "error"),
            ("sQ4.4", "uQ2.6", "sQ3.3", "nearest_even", "saturate_symmetric"),
            ("uQ4.4", "uQ-1.6", "uQ2.3", "nearest_odd", "error"),
            ("sQ4.0", "sQ-2.8", "uQ2.1", "nearest_zero", "saturate"),
            ("sQ4.0", "sQ0.4", "sQ9.7", "ceil", "wrap"),
            ("sQ16.16", "sQ16.16", "sQ16.16", "nearest_away", "saturate_zero"),
            ("uQ31.0", "uQ0.32", "uQ31.0", "nearest_down", "saturate"),
            ("sQ4.4", "sQ2.6", "sQ4.0", "stochastic", "saturate", Lfsr(width=12)),
        ),
        planted=("sQ2.3", "sQ3.1", "sQ3.1", "nearest_even", "saturate_zero"),
    ),
    Entry(
        name="mac",
        default=Mac(
            a=Q("sQ4.12"),
            b=Q("sQ4.12"),
            accumulator=_spec("sQ8.12", "nearest_up", "saturate"),
        ),
        edges=tuple(_macs()),
        # Sums do not use all the bits that are there for them, so the sign shows in two:
        # no end is chosen by it here.
        planted=Mac(
            a=Q("sQ2.2"),
            b=Q("sQ3.1"),
            accumulator=_spec("sQ4.1", "nearest_even", "saturate_zero"),
        ),
        oracle=accumulated,
    ),
    Entry(
        name="mac_array",
        default=MacArray(
            rows=4,
            columns=4,
            a=Q("uQ0.8"),
            b=Q("sQ1.7"),
            accumulator=_spec("sQ6.15", "truncate", "saturate"),
            target=Q("uQ2.6"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE,
        ),
        edges=tuple(_arrays()),
        planted=MacArray(
            rows=2,
            columns=2,
            a=Q("sQ2.2"),
            b=Q("sQ3.1"),
            accumulator=_spec("sQ4.1", "nearest_even", "saturate_zero"),
            target=Q("sQ3.0"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE_ZERO,
        ),
        oracle=accumulated_in_array,
    ),
    Entry(
        name="dot_product",
        default=DotProduct(
            terms=9,
            a=Q("sQ1.7"),
            b=Q("sQ1.7"),
            accumulator=_spec("sQ5.11", "nearest_even", "saturate", order="tree"),
        ),
        edges=tuple(_trees()),
        planted=DotProduct(
            terms=3,
            a=Q("sQ2.2"),
            b=Q("sQ3.1"),
            accumulator=_spec("sQ4.1", "nearest_even", "saturate_zero", order="tree"),
        ),
        oracle=summed,
    ),
    Entry(
        name="fixed_momentum_sgd",
        default=FixedMomentumSgd(
            lanes=4,
            gradient_format=Q("sQ2.14"),
            momentum_format=Q("sQ2.14"),
            weight_format=Q("sQ4.12"),
            rate_format=Q("uQ0.8"),
            decay_shift=3,
            rounding=Rounding.STOCHASTIC,
            overflow=Overflow.SATURATE,
            momentum_generator=Lfsr(width=3),
            weight_generator=Lfsr(width=10),
        ),
        edges=tuple(_optimizers()),
        planted=FixedMomentumSgd(
            lanes=1,
            gradient_format=Q("sQ2.3"),
            momentum_format=Q("sQ1.3"),
            weight_format=Q("sQ2.3"),
            rate_format=Q("uQ1.1"),
            decay_shift=1,
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE_ZERO,
        ),
        oracle=descended,
    ),
    Entry(
        name="float_to_fixed",
        default=FloatToFixed(
            target=Q("sQ4.12"),
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE,
        ),
        edges=tuple(_boundaries()),
        planted=FloatToFixed(
            target=Q("sQ3.2"), rounding=Rounding.NEAREST_EVEN, overflow=Overflow.ERROR
        ),
        oracle=converted,
        stimulus=singles,
    ),
    Entry(
        name="conv_line",
        default=ConvLine(
            size=3,
            columns=14,
            rows=10,
            pixel_format=Q("uQ0.8"),
            weight_format=Q("sQ1.7"),
            accumulator=_spec("sQ4.8", "nearest_up", "saturate", order="tree"),
        ),
        edges=tuple(_lines()),
        # A stride under the size, or the phases alone would tell which window lies inside,
        # and over 3, or they might as well count down.
        planted=ConvLine(
            size=5,
            columns=9,
            rows=9,
            stride=4,
            pixel_format=Q("sQ2.1"),
            weight_format=Q("sQ2.1"),
            accumulator=_spec("sQ3.1", "nearest_even", "saturate_zero", order="tree"),
        ),
        oracle=convolved,
    ),
)
