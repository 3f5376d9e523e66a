"""Catalogue entry of `conv_line`."""

from __future__ import annotations

import numpy as np

from fixedpoint import ConvLine

from ...entry import Entry, Expectation
from ...oracles.adder_trees import TREE, tree_modes, tree_sums
from ...oracles.float_reference import random_codes

__all__ = ["ENTRY"]


def window_sums(p: ConvLine, cycles, lanes, rng) -> Expectation:
    """Expect the inner product of every window, including those across two images."""
    k, width = p.size, p.columns
    inputs = {
        "pixel": random_codes(rng, p.pixel_format, (cycles, lanes), bits=12),
        "weights": random_codes(rng, p.weight_format, (cycles, lanes * k * k), bits=12),
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
        expected=np.stack([tree_sums(p.dot_product, products), valid])[:, : -p.latency],
        tolerance=0,
        source=TREE,
    )


def to_the_last_column(p: ConvLine):
    """Return pixels up to the last column of the first row, where the counters turn.

    A pause follows there.
    """
    steps = max(p.columns - 1, 1)
    return {
        port.name: np.full((steps, port.count), port.range[1], np.int64) for port in p.inputs
    }


def _conv_line(size, columns, rows, stride, formats, rounding, overflow, product_rounding=None):
    """Return a convolution line from the names of its formats and modes."""
    pixel, weight, total = formats.split()
    return ConvLine(
        size=size,
        columns=columns,
        rows=rows,
        stride=stride,
        pixel_format=pixel,
        weight_format=weight,
        **tree_modes(size * size, total, rounding, overflow, product_rounding),
    )


ENTRY = Entry(
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
    # The stride is below the size; else the phases alone would identify the windows inside.
    # It is above 3; else the phases could count down without an effect.
    planted=_conv_line(5, 9, 9, 4, "sQ2.1 sQ2.1 sQ3.1", "nearest_even", "saturate_zero"),
    oracle=window_sums,
    directed=to_the_last_column,
)
