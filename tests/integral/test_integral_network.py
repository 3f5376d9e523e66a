"""The whole network: its labels, and networks that do not fit together."""

import numpy as np
import pytest

from sim.circuits.integral.integral_network import network
from stochastic import IntegralNetwork
from stochastic.networks import StreamLayer, StreamNetwork


def sums_of_streams(circuit, codes):
    """Return the sums of `StreamNetwork` with the weights of a circuit."""
    layers = [
        StreamLayer(np.array(p.weights, np.int32).T, p.range, p.states, p.width, p.seed)
        for p in circuit.layers
    ]
    words = circuit.pixels.replace(width=8)
    return StreamNetwork(layers, length=circuit.length, pixels=words).run(codes)


def test_labels_are_those_of_the_simulation_while_both_sides_wait():
    rng = np.random.default_rng(1)
    circuit = network((6, 4, 3), (2, 1), length=8, group=3)
    circuit = circuit.replace(pixels=circuit.pixels.replace(width=8))
    codes = rng.integers(0, 257, (8, 6)).astype(np.int16)
    sums = sums_of_streams(circuit, codes)
    beats = list(codes.reshape(-1, 3).tolist())
    state, found = None, []
    for _ in range(8 * 200):
        valid, ready = bool(beats) and rng.random() < 0.5, rng.random() < 0.5
        inputs = {
            "input_valid": [int(valid)],
            "codes": [beats[0] if valid else [0, 0, 0]],
            "output_ready": [int(ready)],
        }
        outputs, state = circuit.run(inputs, state=state)
        if valid and outputs["input_ready"][0, 0]:
            beats.pop(0)
        if ready and outputs["output_valid"][0, 0]:
            found.append((outputs["label"][0, 0], outputs["largest"][0, 0]))
    assert not beats
    assert found == [(row.argmax(), row.max()) for row in sums]


@pytest.mark.parametrize(
    ("sizes", "parallel", "group"),
    [
        ((6, 4, 3), (1, 1), 2),  # The first layer is slower,
        ((6, 2, 8), (2, 1), 6),  # and here the second one.
        ((6, 4), (4,), 6),  # Nothing is stored, and the encoder is the slowest.
    ],
)
def test_image_cycles_are_those_between_two_labels(sizes, parallel, group):
    circuit = network(sizes, parallel, length=8, group=group)
    cycles = 7 * circuit.image_cycles
    inputs = {
        "input_valid": np.ones((cycles, 1), np.int64),
        "codes": np.ones((cycles, group), np.int64),
        "output_ready": np.ones((cycles, 1), np.int64),
    }
    shown = np.flatnonzero(circuit.run(inputs)[0]["output_valid"][:, 0])
    assert len(shown) >= 4
    assert set(np.diff(shown)) == {circuit.image_cycles}


def test_parts_that_do_not_fit():
    circuit = network((6, 4, 3), (2, 1), length=8, group=3)
    first, last = circuit.layers
    for layers, message in (
        ((first,), "the last layer of an IntegralNetwork must add its sums"),
        ((last, last), "only the last layer of an IntegralNetwork may add its sums"),
        (
            (first, last.replace(length=9)),
            "IntegralNetwork layers must have the length 8, not 9",
        ),
        (
            (first, last.replace(group=4)),
            "the layer behind 4 neurons, 2 in parallel, must not take 4 streams in groups of 4",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            IntegralNetwork(pixels=circuit.pixels, layers=layers)
    with pytest.raises(TypeError, match=r"^IntegralNetwork layers must be a tuple, not \(\)$"):
        IntegralNetwork(pixels=circuit.pixels, layers=())
