"""Layer of neurons: parallel, in turn, and with both sides waiting."""

import numpy as np
import pytest

from stochastic import IntegralLayer
from stochastic.networks import StreamLayer, StreamNetwork


def random_layer(rng, *, neurons=4, fan_in=6, **options):
    codes = rng.integers(0, 257, (neurons, fan_in + 1))
    options = {"range": 2, "states": 12, "length": 9, "width": 8, "seed": 5, **options}
    return IntegralLayer(weights=tuple(map(tuple, codes.tolist())), **options)


def transferred(layer, streams, rng=None):
    """Return the beats that leave while both sides wait at random.

    `streams` is ``[images, N, K]``, the result ``[beats, P]``.
    """
    beats = [
        image[t, group * layer.group : (group + 1) * layer.group].tolist()
        for image in streams
        for group in range(layer.groups)
        for t in range(layer.length)
    ]
    expected = len(streams) * layer.passes * (1 if layer.states is None else layer.length)
    state, found = None, []
    while len(found) < expected:
        valid = bool(beats) and (rng is None or rng.random() < 0.6)
        ready = rng is None or rng.random() < 0.6
        offered = beats[0] if valid else [0] * layer.group
        inputs = {
            "input_valid": [int(valid)],
            "inputs": [offered],
            "output_ready": [int(ready)],
        }
        outputs, state = layer.run(inputs, state=state)
        if outputs["output_valid"][0, 0] and ready:
            found.append(outputs[layer.outputs[-1].name][0].tolist())
        if valid and outputs["input_ready"][0, 0]:
            beats.pop(0)
    assert not beats
    return np.array(found)


@pytest.mark.parametrize("states", [12, None])
def test_neurons_in_turn_equal_neurons_in_parallel(states):
    streams = np.random.default_rng(2).integers(0, 2, (2, 9, 6))
    whole = random_layer(np.random.default_rng(1), states=states)
    expected = transferred(whole, streams)
    assert whole.direct
    waits = np.random.default_rng(3)
    for parallel, group in ((4, 2), (2, 6), (1, 1), (4, 6)):
        layer = whole.replace(parallel=parallel, group=group)
        found = transferred(layer, streams, waits)
        # Image, pass, cycle and neuron to image, cycle, pass and neuron.
        cycles = 1 if states is None else 9
        parts = found.reshape(2, layer.passes, cycles, parallel).transpose(0, 2, 1, 3)
        np.testing.assert_array_equal(parts.reshape(-1, 4), expected)


def test_bits_are_those_of_the_network():
    rng = np.random.default_rng(4)
    layer = random_layer(rng, states=12, length=20)
    last = random_layer(rng, neurons=3, fan_in=4, states=None, length=20, seed=6)
    parts = [
        StreamLayer(np.array(part.weights, np.int32).T, 2, part.states, 8, part.seed)
        for part in (layer, last)
    ]
    network = StreamNetwork(parts, length=20)
    images = rng.integers(0, 256, (3, 6), dtype=np.uint8)
    bits = []
    network.run(images, trace=lambda t, number, x: bits.append(x.copy()) if not number else 0)
    words = network.pixels.words(20)
    grey = np.rint(images / 255 * 256)
    streams = (words[None, :, None] < grey[:, None]).astype(int)
    found = transferred(layer, streams).reshape(3, 20, 4)
    np.testing.assert_array_equal(found, np.stack(bits, axis=1))
    sums = transferred(last, found)
    np.testing.assert_array_equal(sums, network.run(images))


def test_cycles_of_an_image():
    layer = random_layer(np.random.default_rng(1), parallel=2, group=3)
    always = np.ones((60, 1), int)
    inputs = {"input_valid": always, "inputs": np.zeros((60, 3), int), "output_ready": always}
    outputs, _ = layer.run(inputs)
    # Two groups and two passes of 9 cycles; valid shows one cycle after a neuron's sum.
    ready = ([1] * 18 + [0] * 18) * 2
    assert outputs["input_ready"][:60, 0].tolist() == ready[:60]
    valid = ([0] * 18 + [1] * 18) * 2
    assert outputs["output_valid"][1:60, 0].tolist() == valid[:59]


def test_a_reset_begins_a_new_image():
    streams = np.random.default_rng(2).integers(0, 2, (1, 9, 6))
    layer = random_layer(np.random.default_rng(1))
    inputs = {
        "input_valid": np.ones((14, 1), int),
        "inputs": np.concatenate([streams[0, :4], streams[0], streams[0, :1]]),
        "output_ready": np.ones((14, 1), int),
    }
    rst = np.arange(14) == 3
    found = layer.run(inputs, rst=rst)[0]["outputs"]
    np.testing.assert_array_equal(found[5:14], transferred(layer, streams))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": 0}, "IntegralLayer range must be between 1 and 64, not 0"),
        ({"length": 0}, "IntegralLayer length must be between 2 and 65536, not 0"),
        ({"states": 7}, "IntegralLayer states must be even, not 7"),
        ({"parallel": 3}, "IntegralLayer parallel must divide 4, not 3"),
        ({"group": 4}, "IntegralLayer group must divide 6, not 4"),
        ({"width": 3}, "IntegralLayer weight must be between 0 and 8, not [0-9]+"),
        ({"range": 40}, "streams of 8-bit registers must be between 1 and 255, not 280"),
        (
            {"weights": ((1, 2), (3,))},
            "IntegralLayer rows must have one length of at least 2, not 2 and 1",
        ),
    ],
)
def test_bad_options(options, message):
    layer = random_layer(np.random.default_rng(1))
    with pytest.raises(ValueError, match=f"^{message}$"):
        layer.replace(**options)
