"""Catalogue entry of `dot_product`."""

from __future__ import annotations

from fixedpoint import DotProduct

from ...entry import Entry, Expectation
from ...oracles.adder_trees import TREE, tree_modes, tree_sums
from ...oracles.float_reference import random_codes

__all__ = ["ENTRY"]


def tree_of_sums(p: DotProduct, cycles, lanes, rng) -> Expectation:
    """Expect every inner product, level by level."""
    inputs = {
        "a": random_codes(rng, p.a, (cycles, lanes * p.terms), bits=12),
        "b": random_codes(rng, p.b, (cycles, lanes * p.terms), bits=12),
    }
    products = (inputs["a"] * inputs["b"]).reshape(cycles, lanes, p.terms)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"][p.latency :],
        expected=tree_sums(p, products)[: -p.latency],
        tolerance=0,
        source=TREE,
    )


def _dot_product(terms, formats, rounding, overflow, product_rounding=None):
    """Return a circuit from the names of its formats and modes."""
    a, b, total = formats.split()
    return DotProduct(
        terms=terms, a=a, b=b, **tree_modes(terms, total, rounding, overflow, product_rounding)
    )


ENTRY = Entry(
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
    oracle=tree_of_sums,
)
