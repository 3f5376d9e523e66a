"""Layers of random weights for tests of networks on streams."""

import itertools

from stochastic.networks import StreamLayer, weight_codes


def small_layers(rng, sizes=(6, 5, 4, 3), range_=2, width=8, states=12, seed=3):
    """Return layers of random weights."""
    layers = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        values = rng.uniform(-range_, range_, (inputs + 1, outputs))
        last = number == len(sizes) - 2
        layers.append(
            StreamLayer(
                weight_codes(values, range_, width), range_, None if last else states, width,
                seed + number,
            )
        )  # fmt: skip
    return layers
