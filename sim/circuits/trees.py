"""Catalogue entries of the circuits that add products in a tree."""

from typing import Any

import numpy as np

from fixedpoint import ConvLine, DotProduct, Rounding
from stochastic import Lfsr

from ..entry import Entry, Expectation
from .accumulating import accumulator
from .doubles import codes, inside, rounded

__all__ = ["ENTRIES"]


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


def _modes(terms, total, rounding, overflow, early):
    """Return the accumulator of a tree from names, and a generator for each of its words."""
    spec = accumulator(total, rounding, overflow, early, order="tree")
    words = spec.words_per_output(terms)
    generators = tuple(Lfsr(width=3 + i) for i in range(words))
    return {"accumulator": spec, "generators": generators}


def _dot_product(terms, formats, rounding, overflow, early=None):
    """Return a tree from the names of its formats and modes."""
    a, b, total = formats.split()
    return DotProduct(terms=terms, a=a, b=b, **_modes(terms, total, rounding, overflow, early))


def _conv_line(size, columns, rows, stride, formats, rounding, overflow, early=None):
    """Return windows over images from the names of formats and modes."""
    pixel, weight, total = formats.split()
    return ConvLine(
        size=size,
        columns=columns,
        rows=rows,
        stride=stride,
        pixel_format=pixel,
        weight_format=weight,
        **_modes(size * size, total, rounding, overflow, early),
    )


ENTRIES = (
    Entry(
        name="dot_product",
        default=_dot_product(9, "sQ1.7 sQ1.7 sQ5.11", "nearest_even", "saturate"),
        # Trees of many shapes, with every kind of rounding.
        edges=(
            _dot_product(1, "sQ2.2 uQ2.2 sQ4.2", "nearest_even", "saturate"),
            _dot_product(1, "uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
            _dot_product(2, "sQ2.2 sQ2.2 sQ3.1", "nearest_away", "saturate_symmetric"),
            _dot_product(3, "sQ2.2 uQ1.3 sQ3.2", "jam", "error", "nearest_odd"),
            _dot_product(5, "sQ3.1 sQ2.2 sQ5.0", "jam", "saturate_zero"),
            _dot_product(6, "uQ2.2 uQ2.2 uQ5.1", "nearest_down", "error"),
            _dot_product(9, "sQ4.4 sQ4.4 sQ9.4", "truncate", "saturate", "nearest_up"),
            _dot_product(2, "sQ15.15 sQ15.15 sQ31.31", "ceil", "saturate"),
            _dot_product(5, "sQ2.2 sQ2.2 sQ4.1", "stochastic", "saturate"),
            _dot_product(3, "sQ2.2 sQ2.2 sQ4.1", "truncate", "saturate", "stochastic"),
        ),
        planted=_dot_product(3, "sQ2.2 sQ3.1 sQ4.1", "nearest_even", "saturate_zero"),
        oracle=summed,
    ),
    Entry(
        name="conv_line",
        default=_conv_line(3, 14, 10, 1, "uQ0.8 sQ1.7 sQ4.8", "nearest_up", "saturate"),
        # Windows and images of many sizes.
        edges=(
            _conv_line(1, 1, 1, 1, "uQ1.0 uQ1.0 uQ1.0", "truncate", "wrap"),
            _conv_line(1, 3, 2, 16, "sQ2.2 sQ2.2 sQ4.2", "nearest_even", "error"),
            _conv_line(2, 2, 2, 1, "uQ2.2 sQ2.2 sQ4.1", "jam", "saturate", "nearest_up"),
            _conv_line(2, 5, 3, 2, "sQ4.0 uQ0.4 sQ4.2", "stochastic", "saturate"),
            _conv_line(3, 4, 7, 1, "sQ2.2 sQ2.2 sQ3.3", "nearest_odd", "error", "nearest_odd"),
            _conv_line(5, 9, 6, 4, "uQ0.8 sQ1.7 sQ2.6", "truncate", "saturate_symmetric"),
        ),
        # A stride under the size, or the phases alone would tell which window lies inside,
        # and over 3, or they might as well count down.
        planted=_conv_line(5, 9, 9, 4, "sQ2.1 sQ2.1 sQ3.1", "nearest_even", "saturate_zero"),
        oracle=convolved,
    ),
)
