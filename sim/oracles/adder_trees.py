"""Sums by a tree of adders, in doubles."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint import DotProduct, Rounding
from stochastic import Lfsr

from .accumulators import accumulator
from .float_reference import fit_floats, round_floats


def tree_sums(p: DotProduct, products):
    """Return the sums of ``products [cycles, lanes, K]`` as codes of the accumulator."""
    spec, k = p.accumulator, p.terms
    nodes = products * 2.0 ** (spec.format.frac_bits - p.a.frac_bits - p.b.frac_bits)
    product_rounding = spec.product_rounding
    none: list[Any] = [None] * k
    generators = list(p.generators or none)

    def each(values, rounding, sources):
        planes = np.moveaxis(values, -1, 0)
        pairs = zip(planes, sources, strict=False)
        return np.stack([round_floats(v, rounding, source) for v, source in pairs], axis=-1)

    if product_rounding is not None:
        nodes = each(nodes, product_rounding, generators)
    mode, sources = spec.rounding, none
    if mode is Rounding.STOCHASTIC:
        mode, sources = (Rounding.TRUNCATE, none) if product_rounding else (mode, generators)
    if k % 2:
        nodes = np.concatenate([nodes, np.zeros((*nodes.shape[:-1], 1))], axis=-1)
    while True:
        even = nodes.shape[-1] // 2 * 2
        sums = each(nodes[..., 0:even:2] + nodes[..., 1:even:2], mode, sources)
        sums = fit_floats(sums, spec.format, spec.overflow)
        nodes = np.concatenate([sums, nodes[..., even:]], axis=-1)
        if nodes.shape[-1] == 1:
            return nodes[..., 0]
        mode = Rounding.TRUNCATE if mode is Rounding.STOCHASTIC else mode


TREE = "the tree of AccumulatorSpec in doubles, which hold these values exactly"


def tree_modes(terms, total, rounding, overflow, product_rounding):
    """Return the accumulator of a tree from names, and the generators that it needs."""
    spec = accumulator(total, rounding, overflow, product_rounding, order="tree")
    words = spec.words_per_output(terms)
    generators = tuple(Lfsr(width=3 + i) for i in range(words))
    return {"accumulator": spec, "generators": generators}
