"""One layer of each network, computed anew by Verilog over real images, bit by bit.

    python -m examples.layer_replay --out runs/layer_replay

takes the networks of ``examples.eight_bits`` (and trains those that are not there yet), in
eight bits, and what one layer of each makes of some test images of Fashion-MNIST: a
convolution of VGG16, one with stride 2 of ResNet18, a depthwise one of MobileNetV2. These
traces are written to files, read again, and pushed through the emitted Verilog of an array
of multiply-accumulate units; every bit of every output is compared.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from examples.command import finish
from examples.eight_bits import (
    CALIBRATION,
    Images,
    float_network,
    read_images,
)
from fixedpoint import LayerTrace
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import convert
from sim.checks.layer_replay import ReplayedLayer, array_of, replay_layer
from sim.progress import progress_bar
from sim.tools import check_simulator

# The layer of each network; `fixedpoint.layers.FixedPointNetwork.weighted` names them all.
LAYERS = {"vgg16": "10", "resnet18": "5.body.0", "mobilenetv2": "6.body.3"}


def exported(name: str, images: Images, options: argparse.Namespace, show) -> LayerTrace:
    """Write the trace of a network's layer to a file, and return what is read from there."""
    model = float_network(name, images, options.networks, options.seed, options.epochs, show)
    network = convert(model, images.train[:CALIBRATION], bits=options.bits)
    path = options.out / f"{name}.npz"
    (trace,) = network.traces(images.test[: options.passed], [LAYERS[name]])
    trace.save(path)
    return LayerTrace.load(path)


def replayed(
    name: str, images: Images, options: argparse.Namespace, bar: Progress
) -> tuple[str, ReplayedLayer]:
    """Export a network's layer and replay it; return its size in words, and the result."""
    task = bar.add_task(name, total=1)

    def train(text: str, done: int, total: int) -> None:
        bar.update(task, description=text, completed=done, total=2 * total)

    def run(stage: str, done: float) -> None:
        bar.update(task, description=f"{name}: {stage}", completed=1 + done, total=2)

    trace = exported(name, images, options, train)
    array = array_of(trace, rows=options.rows, columns=options.columns)
    return size_of(trace), replay_layer(trace, array, simulator=options.sim, progress=run)


def size_of(trace: LayerTrace) -> str:
    """Return a layer's size in words."""
    outputs, inner, high, wide = trace.weights.shape
    if trace.groups > 1 and inner == 1:
        return f"{high}x{wide}, {outputs} channels depthwise, stride {trace.stride[0]}"
    return f"{high}x{wide}, {inner * trace.groups} to {outputs}, stride {trace.stride[0]}"


def show(outcomes: dict[str, tuple[str, ReplayedLayer]], console: Console) -> None:
    """Print the table."""
    table = Table(title="Layers computed anew by Verilog")
    for heading in ("network", "layer", "images", "cycles", "bits compared", "mismatches"):
        table.add_column(
            heading, justify="left" if heading in ("network", "layer") else "right"
        )
    for name, (size, result) in outcomes.items():
        table.add_row(
            name,
            f"{result.name}: {size}",
            str(result.images),
            f"{result.cycles:,}",
            f"{result.bits_compared:,}",
            str(result.mismatches),
        )
    console.print(table)


def main() -> int:
    """Export and replay; exit 1 if a bit differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/layer_replay"))
    parser.add_argument("--networks", type=Path, default=Path("runs/networks"))
    parser.add_argument("--only", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--epochs", type=int, help="of training; by default each its own")
    parser.add_argument("--images", type=int, help="of each kind, at most")
    parser.add_argument("--bits", type=int, default=8)
    parser.add_argument("--passed", type=int, default=4, help="images through the Verilog")
    parser.add_argument("--rows", type=int, default=8, help="of the array: pixels")
    parser.add_argument("--columns", type=int, default=8, help="of the array: channels")
    parser.add_argument("--seed", type=int, default=1, help="of start and order")
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    options = parser.parse_args()
    console = Console()
    for directory in (options.out, options.networks):
        check_directory(directory)
    check_simulator(options.sim)
    images = read_images(options.images)
    if not 1 <= options.passed <= len(images.test):
        raise ValueError(
            f"passed images must be between 1 and {len(images.test)}, not {options.passed}"
        )
    with progress_bar() as bar:
        outcomes = {name: replayed(name, images, options, bar) for name in options.only}
    show(outcomes, console)
    with writing(options.out / "layers.csv") as file:
        lines = csv.writer(file)
        facts = [field.name for field in dataclasses.fields(ReplayedLayer)]
        lines.writerow(["network", "layer", *facts])
        for name, (size, result) in outcomes.items():
            lines.writerow([name, size, *dataclasses.astuple(result)])
    console.print(f"Written to {options.out}: layers.csv, and a trace of each network")
    wrong = [result.first for _, result in outcomes.values() if result.first is not None]
    for sentence in wrong:
        console.print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    finish(main)
