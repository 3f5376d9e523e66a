"""Catalogue entry of `integral_network`."""

from __future__ import annotations

from typing import Any

import numpy as np

from stochastic import IntegralLayer, IntegralNetwork, Lfsr

from ...entry import Entry, Expectation
from .integral_layer import weights

__all__ = ["ENTRY", "sums_of"]


def images(p, cycles, lanes, rng):
    """Expect label and largest sum of some images, computed layer by layer."""
    count, first = 3, p.layers[0]
    largest = 1 << p.pixels.width
    codes = rng.integers(0, largest + 1, (count, lanes, first.fan_in))
    waits = p.length + 1
    image_cycles = first.groups * waits + p.length * sum(
        layer.groups + layer.passes + 2 for layer in p.layers
    )
    total = count * image_cycles + 8
    valid, entering = np.zeros((total, lanes), int), np.zeros((total, lanes, first.group), int)
    for image in range(count):
        for group in range(first.groups):
            begin = image * image_cycles + group * waits
            valid[begin] = 1
            part = slice(group * first.group, (group + 1) * first.group)
            entering[begin] = codes[image, :, part]
    sums = np.array([[sums_of(p, one) for one in image] for image in codes])
    return Expectation(
        inputs={
            "input_valid": valid,
            "codes": entering.reshape(total, -1),
            "output_ready": np.ones((total, lanes), int),
        },
        measure=lambda outputs: np.concatenate(
            [outputs[name][outputs["output_valid"][:, 0] == 1] for name in ("label", "largest")]
        ),
        expected=np.concatenate([sums.argmax(axis=2), sums.max(axis=2)]),
        tolerance=0,
        source="the walks of all counters, layer by layer",
    )


def sums_of(p, codes):
    """Return the sums of the last layer for the codes of one image."""
    n = p.length
    bits = (codes > p.pixels.words(n).astype(int)[:, None]).astype(int)
    for layer in p.layers:
        m, k = layer.range, layer.fan_in
        words = np.array(
            [Lfsr(width=layer.width, seed=seed).words(n) for seed in layer.stream_seeds]
        )
        ones = np.array([np.repeat(row, m) > words.T for row in layer.weights])
        integers = 2 * ones.reshape(-1, n, k + 1, m).sum(axis=3) - m
        gates = np.concatenate([bits, np.ones((n, 1), int)], axis=1)
        moves = (gates * integers).sum(axis=2)
        if layer.states is None:
            return moves.sum(axis=1)
        counters, rows = np.full(len(moves), layer.states // 2), []
        for t in range(n):
            counters = np.clip(counters + moves[:, t], 0, layer.states - 1)
            rows.append(counters >= layer.states // 2)
        bits = np.array(rows).astype(int)
    raise AssertionError("a network ends with an output layer")


def network(sizes, parallel, *, length, group, states=8, width=5, range_=2):
    """Return a network of random weights; `parallel` neurons of each layer work at a time."""
    layers = []
    for number in range(len(sizes) - 1):
        last = number == len(sizes) - 2
        layers.append(
            IntegralLayer(
                weights=weights(sizes[number + 1], sizes[number], width, number),
                range=range_,
                states=None if last else states,
                length=length,
                width=width,
                seed=number + 1,
                parallel=parallel[number],
                group=parallel[number - 1] if number else group,
            )
        )
    return IntegralNetwork(pixels=Lfsr(width=4, zero_state=True), layers=tuple(layers))


SMALL: dict[str, Any] = {"range": 2, "length": 6, "width": 4}

ENTRY = Entry(
    name="integral_network",
    default=network((6, 4, 3), (2, 1), length=8, group=3),
    edges=(
        network((2, 2), (2,), length=2, group=2),
        network((4, 3, 2), (3, 2), length=5, group=4),
        network((4, 6, 2, 3), (1, 2, 3), length=4, group=2, states=12),
    ),
    # Weights and seeds for which every label occurs, with many sums.
    planted=IntegralNetwork(
        pixels=Lfsr(width=3),
        layers=(
            IntegralLayer(
                weights=((12, 4, 8), (4, 12, 8)),
                states=8,
                seed=7,
                parallel=1,
                group=1,
                **SMALL,
            ),
            IntegralLayer(
                weights=((16, 0, 8), (0, 16, 8), (8, 8, 8)), seed=8, group=1, **SMALL
            ),
        ),
    ),
    oracle=images,
)
