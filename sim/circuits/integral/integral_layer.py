"""Catalogue entry of `integral_layer`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralLayer, Lfsr

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def beats(p, cycles, lanes, rng):
    """Expect the beats of each neuron's walk, computed one after the other from its inputs.

    Both sides are always ready, so that images follow each other as fast as the layer takes
    them. The output after each image is collected where valid is 1.
    """
    images = 3
    k, n, m = p.fan_in, p.length, p.range
    bits = rng.integers(0, 2, (images, n, lanes, k))
    per_image = n if p.direct else n * (p.groups + p.passes)
    total = images * per_image + 2
    valid, entering = np.zeros((total, lanes), int), np.zeros((total, lanes, p.group), int)
    for image in range(images):
        for group in range(p.groups):
            begin = image * per_image + group * n
            valid[begin : begin + n] = 1
            part = bits[image, :, :, group * p.group : (group + 1) * p.group]
            entering[begin : begin + n] = part
    words = np.array([Lfsr(width=p.width, seed=seed).words(n) for seed in p.stream_seeds])
    gates = np.concatenate([bits, np.ones((images, n, lanes, 1), int)], axis=3)
    expected = []
    for image in range(images):
        for begin in range(0, p.neurons, p.parallel):
            columns = []
            for codes in p.weights[begin : begin + p.parallel]:
                ones = (np.repeat(codes, m) > words.T).reshape(n, k + 1, m).sum(axis=2)
                sums = (gates[image] * (2 * ones - m)[:, None]).sum(axis=2)
                columns.append(_walk(sums, p.states))
            expected.append(np.stack(columns, axis=-1))
    expected = np.concatenate(expected).reshape(-1, lanes * p.parallel)
    return Expectation(
        inputs={
            "input_valid": valid,
            "inputs": entering.reshape(total, -1),
            "output_ready": np.ones((total, lanes), int),
        },
        measure=lambda outputs: outputs[p.outputs[-1].name][outputs["output_valid"][:, 0] == 1],
        expected=expected,
        tolerance=0,
        source="the walk of each counter from its sums, one neuron after the other",
    )


def _walk(sums, states):
    """Return the beats of a neuron, ``[N, lanes]``, or the one of an output layer."""
    if states is None:
        return sums.sum(axis=0, keepdims=True)
    counter = np.full(sums.shape[1], states // 2)
    bits = []
    for moves in sums:
        counter = np.clip(counter + moves, 0, states - 1)
        bits.append(counter >= states // 2)
    return np.array(bits).astype(int)


def weights(neurons, fan_in, width, seed):
    """Return codes with both ends of the range among them."""
    codes = np.random.default_rng(seed).integers(0, (1 << width) + 1, (neurons, fan_in + 1))
    codes.flat[:2] = 0, 1 << width
    return tuple(map(tuple, codes.tolist()))


ENTRY = Entry(
    name="integral_layer",
    default=IntegralLayer(
        weights=weights(4, 6, 8, 1), range=2, states=16, length=16, width=8, parallel=2, group=3
    ),
    edges=(
        IntegralLayer(weights=((0, 8),), range=1, states=2, length=2, width=3),
        IntegralLayer(weights=weights(3, 5, 6, 2), range=3, states=10, length=8, width=6),
        IntegralLayer(
            weights=weights(3, 4, 5, 3), range=2, states=8, length=5, width=5, parallel=1
        ),
        IntegralLayer(
            weights=weights(2, 4, 5, 4), range=4, states=20, length=7, width=5, group=1, seed=9
        ),
        IntegralLayer(weights=weights(4, 3, 6, 5), range=2, length=6, width=6, parallel=2),
        IntegralLayer(weights=weights(2, 3, 16, 6), range=1, length=4, width=16),
    ),
    planted=IntegralLayer(
        weights=((9, 7, 8), (6, 10, 8), (8, 8, 7)),
        range=3,
        states=8,
        length=15,
        width=4,
        parallel=1,
        group=1,
        seed=2,
    ),
    oracle=beats,
)
