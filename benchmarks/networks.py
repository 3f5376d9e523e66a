"""Images a second through networks on streams.

    python -m benchmarks.networks [--json FILE]

The network of neurons has 784 inputs, hidden layers of 100 and 200 neurons, and 10 classes;
its streams have range 4 and 256 cycles. The peer is the same simulation without PyTorch, with
the same bits. VGG16 has its full width and colour images of 32 x 32; every product of its 313
million is one of sign-magnitude streams of 256 cycles. The peer is PyTorch's float32. Weights
and images are random, which does not change the time.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.measurement import Measurement, best_time, main
from stochastic.networks import StreamLayer, StreamNetwork, convert
from stochastic.training import vgg16

SIZES = (784, 100, 200, 10)
IMAGES = 2000


def measure() -> list[Measurement]:
    """Measure on one core."""
    torch.set_num_threads(1)
    return [neurons(), deep_network()]


def neurons() -> Measurement:
    """Measure both engines of a network of neurons."""
    rng = np.random.default_rng(1)
    layers = []
    for number in range(3):
        codes = rng.integers(3500, 4693, (SIZES[number] + 1, SIZES[number + 1]))
        states = 50 if number < 2 else None
        layers.append(StreamLayer(codes.astype(np.int32), 4, states, 13, number + 1))
    network = StreamNetwork(layers, length=256)
    # As in images of digits, four of five pixels are black.
    images = rng.integers(0, 256, (IMAGES, 784)) * (rng.random((IMAGES, 784)) < 0.2)
    images = images.astype(np.uint8)
    rates = {
        engine: IMAGES / best_time(lambda e=engine: network.run(images, engine=e), seconds=2.0)
        for engine in ("torch", "numba")
    }
    if (network.run(images, engine="torch") != network.run(images, engine="numba")).any():
        raise AssertionError("the engines differ")
    return Measurement(
        name="784-100-200-10 at N = 256, m = 4, bit-accurate",
        unit="images/s",
        rate=rates["torch"],
        peer=rates["numba"],
        goal=5000.0,
    )


def deep_network() -> Measurement:
    """Measure VGG16 of full width, one image at a time."""
    torch.manual_seed(1)
    model, image = vgg16(channels=3).eval(), torch.randn(1, 3, 32, 32)
    network = convert(model, length=256, images=image)
    with torch.no_grad():
        return Measurement(
            name="VGG16, 32 x 32, at N = 256, every product stochastic",
            unit="images/s",
            rate=1 / best_time(lambda: network(image)),
            peer=1 / best_time(lambda: model(image)),
            goal=2.0,
        )


if __name__ == "__main__":
    main("Networks on streams, one core", measure)
