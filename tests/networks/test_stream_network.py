"""The network on streams against the circuits, one by one."""

import numpy as np
import pytest

from stochastic import IntegralNeuron, IntegralSng, Lfsr
from stochastic.networks import (
    ConvolutionalStreamNetwork,
    StreamLayer,
    StreamNetwork,
    Window,
    WindowedLayer,
    circuit_of,
    pixel_codes,
    weight_codes,
)
from tests.support.stream_layers import small_layers


def by_circuits(layers, images, length):
    """Return the sums from IntegralSng and IntegralNeuron, one weight at a time."""
    totals = []
    for image in images.reshape(len(images), -1).tolist():
        codes = [round(256 * grey / 255) for grey in image]
        words = Lfsr(width=8, zero_state=True).words(length)
        bits = np.array([[int(w < c) for c in codes] for w in words.tolist()])
        for layer in layers:
            m = layer.range
            integers = np.empty((length, *layer.codes.shape), int)
            for i, row in enumerate(layer.codes.tolist()):
                sng = IntegralSng(
                    stream_generators=tuple(
                        Lfsr(width=layer.width, seed=seed)
                        for seed in layer.seeds[i * m : (i + 1) * m]
                    ),
                    encoding="bipolar",
                )
                integers[:, i] = sng.run({"code": np.tile(row, (length, 1))})[0]["value"]
            if layer.states is None:
                gated = bits[:, :, None] * integers[:, :-1]
                totals.append((gated.sum(axis=1) + integers[:, -1]).sum(axis=0))
                continue
            neuron = IntegralNeuron(fan_in=layer.inputs, range=m, states=layer.states)
            streams = {
                "inputs": np.tile(bits, (1, layer.outputs)),
                "weights": integers[:, :-1].transpose(0, 2, 1).reshape(length, -1),
                "bias": integers[:, -1],
            }
            # One more cycle: a neuron shows its state one cycle after the sum.
            more = {name: np.pad(x, ((0, 1), (0, 0))) for name, x in streams.items()}
            bits = neuron.run(more)[0]["y"][1:]
    return np.array(totals)


@pytest.mark.parametrize("range_", [1, 2, 5])
def test_bits_are_those_of_the_circuits(range_):
    rng = np.random.default_rng(range_)
    layers = small_layers(rng, range_=range_)
    images = rng.integers(0, 256, (3, 2, 3), dtype=np.uint8)
    network = StreamNetwork(layers, length=40)
    expected = by_circuits(layers, images, 40)
    for engine in ("numba", "torch", "auto"):
        assert network.run(images, engine=engine).tolist() == expected.tolist()


def test_another_seed_gives_other_sums():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (3, 6), dtype=np.uint8)
    one = StreamNetwork(small_layers(np.random.default_rng(2)), length=40)
    other = StreamNetwork(small_layers(np.random.default_rng(2), seed=4), length=40)
    assert (one.run(images) != other.run(images)).any()


def test_full_scale_weights_are_exact():
    # Codes 0 and 2^n give -m and m in every cycle, and grey level 255 gives ones.
    codes = np.array([[256, 0], [0, 256], [256, 256]], np.int32)
    network = StreamNetwork([StreamLayer(codes, 3, None, 8, 1)], length=10)
    images = np.array([[255, 0], [0, 255], [255, 255], [0, 0]], np.uint8)
    assert network.run(images).tolist() == [[60, 0], [0, 60], [30, 30], [30, 30]]
    assert network.classify(images).tolist() == [0, 1, 0, 0]


def test_pixel_codes_are_rounded():
    grey = np.arange(256, dtype=np.uint8).reshape(1, 256)
    assert pixel_codes(grey)[0].tolist() == [round(256 * g / 255) for g in range(256)]


def test_progress_counts_images():
    seen = []
    network = StreamNetwork(small_layers(np.random.default_rng(1)), length=2)
    network.run(np.zeros((1200, 6), np.uint8), progress=seen.append)
    assert seen == [500, 1000, 1200]


def test_bad_input():
    layers = small_layers(np.random.default_rng(1))
    with pytest.raises(ValueError, match="^stream length must be between 1 and 65536, not 0$"):
        StreamNetwork(layers, length=0)
    with pytest.raises(ValueError, match="^a layer of 4 inputs must not follow 3 neurons$"):
        small = StreamLayer(layers[1].codes[:, :3], 2, 12, 8, 1)
        StreamNetwork([layers[0], small, layers[2]], length=4)
    with pytest.raises(ValueError, match="^the last layer must add its sums$"):
        StreamNetwork(layers[:2], length=4)
    network = StreamNetwork(layers, length=4)
    with pytest.raises(ValueError, match="^images must have 6 pixels, not 9$"):
        network.run(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(TypeError, match="^pixel_codes takes uint8 images, not float64$"):
        network.run(np.zeros((2, 6)))
    with pytest.raises(ValueError, match="^engine must be one of auto, torch, numba, not 'c'$"):
        network.run(np.zeros((2, 6), np.uint8), engine="c")
    with pytest.raises(ValueError, match="^weights must be between -2 and 2, not -2.5$"):
        weight_codes([1.0, -2.5], 2, 8)
    with pytest.raises(ValueError, match="^weights must be numbers, not NaN$"):
        weight_codes([1.0, np.nan], 2, 8)
    with pytest.raises(ValueError, match="^layer range must be between 1 and 64, not 0$"):
        StreamLayer(layers[0].codes, 0, None, 8, 1)


def test_no_images_give_no_sums():
    network = StreamNetwork(small_layers(np.random.default_rng(2)), length=4)
    empty = np.zeros((0, 2, 3), np.uint8)
    assert network.run(empty).shape == (0, network.layers[-1].outputs)
    assert network.classify(empty).shape == (0,)


def test_only_a_network_without_windows_has_a_circuit():
    layer = StreamLayer(weight_codes(np.ones((5, 1)), 1, 8), 1, None, 8, 1)
    windows = [WindowedLayer(layer, Window(1, 2, 2, kernel=2))]
    with pytest.raises(TypeError, match="^circuit_of takes a StreamNetwork, not Convolutional"):
        circuit_of(ConvolutionalStreamNetwork(windows, length=4))
