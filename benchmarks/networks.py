"""Images a second through a network on integral streams.

    python -m benchmarks.networks [--json FILE]

The network has 784 inputs, hidden layers of 100 and 200 neurons, and 10 classes; the streams
have range 4 and 256 cycles. Weights and images are random, which does not change the time. The
peer is the same simulation without PyTorch, with the same bits.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.measurement import Measurement, best_time, main
from stochastic.networks import StreamLayer, StreamNetwork

SIZES = (784, 100, 200, 10)
IMAGES = 2000


def measure() -> list[Measurement]:
    """Measure both engines on one core."""
    torch.set_num_threads(1)
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
    return [
        Measurement(
            name="784-100-200-10 at N = 256, m = 4, bit-accurate",
            unit="images/s",
            rate=rates["torch"],
            peer=rates["numba"],
            goal=5000.0,
        )
    ]


if __name__ == "__main__":
    main("Networks on integral streams, one core", measure)
