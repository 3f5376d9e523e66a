"""Catalogue entry of `integral_layer`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralLayer, Lfsr, Pcg, StreamFaults

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
    seen = _faulty(p, "inputs", bits, k)
    gates = np.concatenate([seen, np.ones((images, n, lanes, 1), int)], axis=3)
    expected = []
    for image in range(images):
        for begin in range(0, p.neurons, p.parallel):
            columns = []
            for neuron in range(begin, begin + p.parallel):
                made = (np.repeat(p.weights[neuron], m) > words.T).astype(int)
                made = _faulty(p, "weights", made[:, None], (k + 1) * m)
                ones = made.reshape(n, k + 1, m).sum(axis=2)
                sums = (gates[image] * (2 * ones - m)[:, None]).sum(axis=2)
                columns.append(_walk(p, neuron, sums))
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


# Cycles of images that follow each other, and the fewest of these.
IMAGES, FEWEST = 1536, 24


def images(p):
    """Return images from reset, as fast as the layer takes them.

    In one of two the inputs change at any time. In others each stays as it is, so that all
    combinations of few inputs occur. There are many images where one input at a time enters,
    since random values hardly ever make an image there, and one elsewhere.
    """
    rng = np.random.default_rng(1)
    per_image = p.image_cycles
    count = max(FEWEST, IMAGES // per_image) if p.group == 1 or p == STUCK else 1
    entering = np.zeros((count, per_image, p.group), np.int64)
    for image in range(count):
        bits = rng.random((p.length, p.fan_in)) < rng.choice([0.15, 0.5, 0.85], p.fan_in)
        if image % 2 == 0:
            bits[:] = bits[0]
        groups = np.split(bits, p.groups, axis=1)
        entering[image, : p.length * p.groups] = np.concatenate(groups)
    if p == STUCK:
        entering[0] = np.array([list(beat) for beat in FOUND], np.int64)
    ones = np.ones((count * per_image, 1), np.int64)
    inputs = entering.reshape(-1, p.group)
    return {"input_valid": ones, "inputs": inputs, "output_ready": ones}


def _walk(p, neuron, sums):
    """Return the beats of a neuron, ``[N, lanes]``, or the one of an output layer."""
    width = ((p.fan_in + 1) * p.range).bit_length() + 1
    sums = _faulty_words(p, "sums", sums, neuron, width)
    if p.states is None:
        return sums.sum(axis=0, keepdims=True)
    counter = np.full(sums.shape[1], p.states // 2)
    bits = []
    for time, moves in enumerate(sums):
        counter = np.clip(counter + moves, 0, p.states - 1)
        states = np.tile(counter, (p.length, 1))
        width = (p.states - 1).bit_length()
        counter = _faulty_words(p, "counters", states, neuron, width)[time]
        bits.append(counter >= p.states // 2)
    return np.array(bits).astype(int)


def _faulty_words(p, node, words, neuron, width):
    """Return words ``[N, lanes]`` of a neuron; its sums are in two's complement."""
    if p.faults is None or p.faults.node != node:
        return words
    places = np.arange(width)
    if p.faults.kind == "late_words":
        return _faulty(p, node, words[..., None], p.neurons, [neuron])[..., 0]
    bits = words[..., None] >> places & 1
    first = neuron * width
    changed = _faulty(p, node, bits, p.neurons * width, slice(first, first + width))
    values = (changed << places).sum(axis=-1)
    return values - (changed[..., -1] << width if node == "sums" else 0)


def _faulty(p, node, bits, wires, chosen=slice(None)):
    """Return bits ``[..., N, lanes, wires]`` of a node with its faults."""
    if p.faults is None or p.faults.node != node:
        return bits
    n, faults = p.length, p.faults
    words = Pcg(width=32, seed=faults.seed).words(n * wires).reshape(n, wires)
    hit = (words < faults.rate * 2**32)[:, None, chosen]
    if faults.kind == "flip":
        return np.where(hit, 1 - bits, bits)
    if faults.kind.startswith("late"):
        return np.where(hit & (np.arange(n) > 0)[:, None, None], np.roll(bits, 1, axis=0), bits)
    return np.where(hit[0], int(faults.kind == "stuck_at_1"), bits)


def weights(neurons, fan_in, width, seed):
    """Return codes with both ends of the range among them."""
    codes = np.random.default_rng(seed).integers(0, (1 << width) + 1, (neurons, fan_in + 1))
    codes.flat[:2] = 0, 1 << width
    return tuple(map(tuple, codes.tolist()))


def faulty_layer(node, kind, rate, **options):
    """Return a layer of four neurons with faults, two neurons at a time."""
    faults = StreamFaults(node=node, kind=kind, rate=rate, seed=3)
    options = {"states": 12, "parallel": 2, **options}
    return IntegralLayer(
        weights=weights(4, 6, 6, 7), range=2, length=6, width=6, faults=faults, **options
    )


STUCK = faulty_layer("counters", "stuck_at_1", 0.2, parallel=4)

# Found by a search: an image in whose last beat the lowest bit of a sum decides.
FOUND = ("100000", "100000", "100000", "100000", "111011", "101000")

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
        faulty_layer("weights", "flip", 0.2),
        faulty_layer("sums", "late", 0.4, group=3),
        faulty_layer("sums", "late_words", 0.4, states=None),
        STUCK,
        faulty_layer("inputs", "stuck_at_0", 0.3, states=None, group=3),
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
    directed=images,
)
