"""Three circuits composed of expressions, two of them over a photograph.

    python -m examples.composed_circuits --output composed_circuits.png

draws the photograph, its gamma correction and its edges by streams beside the exact ones, and
prints the error of each circuit. A neuron has no picture: its error is over random inputs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from stochastic.expressions import (
    Composition,
    absolute_difference,
    bernstein,
    number,
    tanh,
)

__all__ = ["EDGES", "GAMMA", "NEURON", "corners", "main", "photograph"]

# The tanh of the sum of nine products and a bias. A multiplexer takes a tenth of the sum, so
# that the counter of tanh has 20 states: it needs independent bits, and many of them.
inputs = [number(f"x{i}") for i in range(9)]
weights = [number(f"w{i}") for i in range(9)]
total = sum(x * w for x, w in zip(inputs, weights, strict=True)) + number("bias")
NEURON = tanh(total).compose(generators="xorshift")

# Six copies of the pixel choose one of seven coefficients.
GAMMA = bernstein(lambda x: x**0.45, number("pixel", "unipolar"), 6).compose()

# Roberts' cross: half the sum of two differences. XOR of streams of one generator is exact.
a, b, c, d = (number(name, "unipolar") for name in "abcd")
EDGES = ((absolute_difference(a, d) + absolute_difference(b, c)) / 2).compose()


def photograph() -> NDArray[np.float64]:
    """Return a photograph of Grace Hopper, 303 x 256 values from 0 to 1."""
    from matplotlib import pyplot
    from matplotlib.cbook import get_sample_data

    path: Any = get_sample_data("grace_hopper.jpg", asfileobj=False)
    picture = pyplot.imread(path)
    pixels: NDArray[np.float64] = picture.mean(axis=-1) / 255
    return (pixels[::2, ::2] + pixels[1::2, 1::2]) / 2


def corners(pixels: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the four pixels of every square, each ``[rows - 1, columns - 1]``."""
    return {
        "a": pixels[:-1, :-1],
        "b": pixels[:-1, 1:],
        "c": pixels[1:, :-1],
        "d": pixels[1:, 1:],
    }


def compared(
    circuit: Composition, values: dict[str, NDArray[np.float64]], length: int = 256
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the results of a circuit, by streams and exact."""
    return circuit.evaluate(length=length, **values)["y"], circuit.exact(**values)["y"]


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture and print the errors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("composed_circuits.png"))
    path = parser.parse_args(arguments).output
    pixels = photograph()
    rng = np.random.default_rng(1)
    values = {name: rng.uniform(-1, 1, 1000) for name in NEURON.inputs}
    results = {
        "gamma": compared(GAMMA, {"pixel": pixels}),
        "edges": compared(EDGES, corners(pixels)),
        "neuron": compared(NEURON, values, 16384),
    }
    figure, axes = new_figure(1, 5, figsize=(12.5, 3.4))
    shown = {
        "photograph": pixels,
        "x^0.45, 256 bits a pixel": results["gamma"][0],
        "exact": results["gamma"][1],
        "edges, 256 bits a pixel": np.minimum(4 * results["edges"][0], 1),
        "exact edges": np.minimum(4 * results["edges"][1], 1),
    }
    for axis, (title, picture) in zip(axes, shown.items(), strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set(title=title, xticks=[], yticks=[])
    save_figure(figure, path, dpi=80)
    for name, (found, exact) in results.items():
        error = np.sqrt(np.mean((found - exact) ** 2))
        print(f"{name}: RMS error {error:.4f} over {found.size} results")
    print(f"picture in {path}")
    return 0


if __name__ == "__main__":
    exit_with(main)
