"""The convolutional network on streams against the circuits, neuron by neuron."""

import numpy as np
import pytest

from stochastic import IntegralNeuron, IntegralSng, Lfsr, StreamFaults
from stochastic.networks import (
    ConvolutionalStreamNetwork,
    StreamLayer,
    StreamNetwork,
    Window,
    WindowedLayer,
    weight_codes,
)

# The kernels of these tests take seconds to compile.
pytestmark = pytest.mark.slow

LENGTH = 24
WINDOWS = (
    Window(1, 6, 6, kernel=3, padding=1),
    Window(2, 6, 6, kernel=2, pool=2),
    Window(3, 2, 2, kernel=2),
)


def small_network(seed=1, windows=WINDOWS, outputs=(2, 3, 4)):
    """Return a network of random weights, with padding and with pooling."""
    rng = np.random.default_rng(seed)
    layers = []
    for number, (window, count) in enumerate(zip(windows, outputs, strict=True)):
        values = rng.uniform(-2, 2, (window.inputs + 1, count))
        states = None if number == len(windows) - 1 else 12
        layer = StreamLayer(weight_codes(values, 2, 8), 2, states, 8, 3 + number)
        layers.append(WindowedLayer(layer, window))
    return ConvolutionalStreamNetwork(layers, length=LENGTH)


def weight_integers(layer):
    """Return the integers of all weights' streams ``[N, K + 1, J]`` from IntegralSng."""
    integers, m = [], layer.range
    for i, row in enumerate(layer.codes.tolist()):
        seeds = layer.seeds[i * m : (i + 1) * m]
        sng = IntegralSng(
            stream_generators=tuple(Lfsr(width=layer.width, seed=s) for s in seeds),
            encoding="bipolar",
        )
        integers.append(sng.run({"code": np.tile(row, (LENGTH, 1))})[0]["value"])
    return np.stack(integers, axis=1)


def by_circuits(network, image):
    """Return the output sums of one image, one neuron at a time."""
    codes = np.array([round(256 * grey / 255) for grey in image.ravel().tolist()])
    words = Lfsr(width=8, zero_state=True).words(LENGTH)
    bits = (words[:, None] < codes).reshape(LENGTH, *image.shape, 1).astype(int)
    for part in network.layers:
        layer, window = part.layer, part.window
        integers = weight_integers(layer)
        p, margin = window.pool, window.padding * window.pool
        padded = np.pad(bits, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
        rows, columns = window.size
        outputs = np.empty((LENGTH, rows, columns, layer.outputs), int)
        reach = window.kernel * p
        for r in range(rows):
            for c in range(columns):
                seen = padded[:, r * p : r * p + reach, c * p : c * p + reach]
                # Every bit of a pool gates the same weight.
                seen = seen.reshape(LENGTH, window.kernel, p, window.kernel, p, -1)
                seen = seen.transpose(0, 2, 4, 1, 3, 5).reshape(LENGTH, p * p, -1)
                seen = seen.reshape(LENGTH, -1)
                weights = np.tile(integers[:, :-1], (1, p * p, 1))
                for j in range(layer.outputs):
                    if layer.states is None:
                        gated = (seen * weights[:, :, j]).sum(axis=1) + integers[:, -1, j]
                        outputs[:, r, c, j] = gated
                        continue
                    neuron = IntegralNeuron(
                        fan_in=seen.shape[1], range=layer.range, states=layer.states
                    )
                    streams = {
                        "inputs": seen,
                        "weights": weights[:, :, j],
                        "bias": integers[:, -1, j],
                    }
                    # One more cycle: a neuron shows its state one cycle after the sum.
                    more = {
                        name: np.pad(x, ((0, 1), *[(0, 0)] * (x.ndim - 1)))
                        for name, x in streams.items()
                    }
                    outputs[:, r, c, j] = neuron.run(more)[0]["y"][1:, 0]
        bits = outputs
    return bits.reshape(LENGTH, -1).sum(axis=0)


def test_bits_are_those_of_the_circuits():
    images = np.random.default_rng(2).integers(0, 256, (2, 6, 6), dtype=np.uint8)
    network = small_network()
    expected = [by_circuits(network, image).tolist() for image in images]
    for engine in ("numba", "torch"):
        assert network.run(images, engine=engine).tolist() == expected
    # Grey levels that are no longer in place give other sums.
    assert network.run(images.transpose(0, 2, 1)).tolist() != expected


def test_pixels_can_be_pooled():
    windows = (Window(1, 6, 6, kernel=2, padding=1, pool=2), Window(2, 4, 4, kernel=4))
    network = small_network(windows=windows, outputs=(2, 3))
    images = np.random.default_rng(5).integers(0, 256, (2, 6, 6), dtype=np.uint8)
    expected = [by_circuits(network, image).tolist() for image in images]
    assert network.run(images, engine="numba").tolist() == expected


def test_the_largest_pool():
    """121 bits of 1, with weights that are their range in every cycle, give 121 times it."""
    ones, bias = weight_codes([[4.0], [4.0]], 4, 13), weight_codes([[1.0], [0.0]], 1, 13)
    layers = [
        WindowedLayer(StreamLayer(ones, 4, 2, 13, 1), Window(1, 11, 11, kernel=1)),
        WindowedLayer(StreamLayer(bias, 1, None, 13, 1), Window(1, 11, 11, kernel=1, pool=11)),
    ]
    network = ConvolutionalStreamNetwork(layers, length=4)
    bias_sums = int(layers[1].layer.integers(4)[:, 1].sum())
    found = network.run(np.full((1, 11, 11), 255, np.uint8), engine="numba")
    assert found.tolist() == [[4 * 121 + bias_sums]]


def test_channels_of_images():
    windows = (Window(2, 3, 3, kernel=2), Window(2, 2, 2, kernel=2))
    network = small_network(windows=windows, outputs=(2, 3))
    images = np.random.default_rng(3).integers(0, 256, (25, 2, 3, 3), dtype=np.uint8)
    seen = []
    sums = network.run(images, progress=seen.append)
    assert seen == [20, 25]
    assert (network.run(images[:, ::-1]) != sums).any()
    assert (network.classify(images[:5]) == sums[:5].argmax(axis=1)).all()


def test_faults_of_weights_are_those_of_a_network_without_windows():
    windows = (Window(1, 3, 3, kernel=3), Window(2, 1, 1, kernel=1))
    network = small_network(windows=windows, outputs=(2, 3))
    connected = StreamNetwork([part.layer for part in network.layers], length=LENGTH)
    images = np.random.default_rng(4).integers(0, 256, (7, 3, 3), dtype=np.uint8)
    faults = {1: StreamFaults(node="weights", rate=0.2)}
    sums = network.with_faults(faults).run(images)
    assert (sums == connected.with_faults(faults).run(images)).all()
    assert (sums != network.run(images)).any()


def test_faults_of_other_wires_are_refused():
    network = small_network()
    for node in ("inputs", "sums", "counters"):
        message = f"a layer with windows takes faults of weights, not of {node}"
        with pytest.raises(ValueError, match=f"^{message}$"):
            network.with_faults({0: StreamFaults(node=node, rate=0.1)})


def test_bad_input():
    layers = small_network().layers
    with pytest.raises(ValueError, match="^stream length must be between 1 and 65536, not 0$"):
        ConvolutionalStreamNetwork(layers, length=0)
    message = r"a layer with input \(3, 2, 2\) must not follow outputs \(2, 6, 6\)"
    with pytest.raises(ValueError, match=f"^{message}$"):
        ConvolutionalStreamNetwork([layers[0], layers[2]], length=4)
    with pytest.raises(ValueError, match="^the last layer must add its sums, in one window$"):
        ConvolutionalStreamNetwork(layers[:2], length=4)
    with pytest.raises(ValueError, match="^images must be 1x6x6, not 5x6$"):
        small_network().run(np.zeros((1, 5, 6), np.uint8))
    with pytest.raises(ValueError, match="^a layer of 8 inputs must not have a window of 9$"):
        WindowedLayer(layers[1].layer, WINDOWS[0])
    message = "a window pools 2x2 bits, which do not divide an input of 5x6"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Window(1, 5, 6, kernel=2, pool=2)
    with pytest.raises(ValueError, match="^window pool must be between 1 and 11, not 12$"):
        Window(1, 12, 12, kernel=1, pool=12)
    with pytest.raises(ValueError, match="^a window of 3x3 exceeds its padded input$"):
        Window(1, 2, 2, kernel=3)
