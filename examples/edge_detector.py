"""Edge detector by correlated gates: Roberts' cross as a netlist, over a real image.

    python -m examples.edge_detector --output edge_detector.png

runs the model on every pixel of an image of the Fashion-MNIST subset and draws the edges beside
the exact ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from stochastic import (
    AbsoluteDifference,
    Bitstream,
    Lfsr,
    MuxAdder,
    Netlist,
    VanDerCorput,
    encode,
)

__all__ = ["DETECTOR", "detected", "exact", "image", "main"]

# (|a - d| + |b - c|) / 2 of four pixels whose streams come from one generator.
DETECTOR = Netlist(
    parts={
        "first": AbsoluteDifference(depth=0),
        "second": AbsoluteDifference(depth=0),
        "mean": MuxAdder(fan_in=2, generator=Lfsr(width=8)),
    },
    wires={
        "first.a": "a",
        "first.b": "d",
        "second.a": "b",
        "second.b": "c",
        "mean.streams[0]": "first.difference",
        "mean.streams[1]": "second.difference",
        "edge_stream": "mean.mean",
    },
)

DATA = "stochastic/training/data/fashion-mnist-subset.npz"


def image(number: int = 7) -> NDArray[np.float64]:
    """Return an image, 28 x 28 values from 0 to 1."""
    with np.load(Path(__file__).parents[1] / DATA) as data:
        return data["test_images"][number] / 255


def detected(pixels: NDArray[np.float64], length: int = 256) -> NDArray[np.float64]:
    """Return the edges that the netlist finds, ``[rows - 1, columns - 1]``."""
    streams = encode(pixels, VanDerCorput(width=8), length=length, encoding="unipolar")

    def shifted(rows: slice, columns: slice) -> Bitstream:
        words = np.ascontiguousarray(streams.words[rows, columns])
        return Bitstream(words, length, "unipolar", streams.generators)

    upper, lower = slice(None, -1), slice(1, None)
    found: Bitstream = DETECTOR.apply(
        a=shifted(upper, upper),
        b=shifted(upper, lower),
        c=shifted(lower, upper),
        d=shifted(lower, lower),
    )
    return found.value


def exact(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the exact edges."""
    a, b, c, d = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, :-1], pixels[1:, 1:]
    return (np.abs(a - d) + np.abs(b - c)) / 2


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture and print the error."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("edge_detector.png"))
    path = parser.parse_args(arguments).output
    pixels = image()
    edges, wanted = detected(pixels), exact(pixels)
    figure, axes = new_figure(1, 3, figsize=(9, 3.2))
    titles = ("image", "edges, 256 bits a pixel", "exact edges")
    for axis, values, title in zip(axes, (pixels, edges, wanted), titles, strict=True):
        axis.imshow(values, cmap="gray")
        axis.set(title=title, xticks=[], yticks=[])
    save_figure(figure, path)
    error = np.sqrt(np.mean((edges - wanted) ** 2))
    print(f"RMS error {error:.4f} over {edges.size} pixels, picture in {path}")
    return 0


if __name__ == "__main__":
    exit_with(main)
