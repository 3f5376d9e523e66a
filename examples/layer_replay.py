"""Recompute one layer of each network in Verilog, over images of Fashion-MNIST.

    python -m examples.layer_replay --out runs/layer_replay

converts the networks of ``examples.eight_bits`` to 8 bits; networks that are not stored yet
are trained. It records the inputs and outputs of one layer of each for some test images: a
convolution of VGG16, one with stride 2 of ResNet18, and a depthwise one of MobileNetV2. The
traces are written to files and read back. Their inputs pass through the emitted Verilog of an
array of multiply-accumulate units, and every bit of every output is compared.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from examples.exit_status import exit_with
from examples.trained_networks import (
    CALIBRATION_IMAGES,
    Images,
    add_options,
    read_images,
    trained_network,
)
from fixedpoint import LayerTrace
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import convert
from sim.checks.layer_replay import ReplayedLayer, array_of, replay_layer
from sim.progress import progress_bar
from sim.tools import check_simulator

# The layer of each network. `fixedpoint.layers.FixedPointNetwork.weighted` lists all names.
LAYERS = {"vgg16": "10", "resnet18": "5.body.0", "mobilenetv2": "6.body.3"}


def export_trace(name: str, images: Images, options: argparse.Namespace, show) -> LayerTrace:
    """Write the trace of a network's layer to a file, and return the trace read from it."""
    model = trained_network(name, images, options.networks, options.seed, options.epochs, show)
    network = convert(model, images.train[:CALIBRATION_IMAGES], bits=options.bits)
    path = options.out / f"{name}.npz"
    (trace,) = network.traces(images.test[: options.passed], [LAYERS[name]])
    trace.save(path)
    return LayerTrace.load(path)


def export_and_replay(
    name: str, images: Images, options: argparse.Namespace, bar: Progress
) -> tuple[str, ReplayedLayer]:
    """Export and replay a network's layer; return the layer as text, and the result."""
    task = bar.add_task(name, total=1)

    def train(text: str, done: int, total: int) -> None:
        bar.update(task, description=text, completed=done, total=2 * total)

    def run(stage: str, done: float) -> None:
        bar.update(task, description=f"{name}: {stage}", completed=1 + done, total=2)

    trace = export_trace(name, images, options, train)
    array = array_of(trace, rows=options.rows, columns=options.columns)
    return describe_layer(trace), replay_layer(
        trace, array, simulator=options.sim, progress=run
    )


def describe_layer(trace: LayerTrace) -> str:
    """Return the size of a layer's kernel, its channels and stride as text."""
    outputs, inputs, height, width = trace.weights.shape
    if trace.groups > 1 and inputs == 1:
        return f"{height}x{width}, {outputs} channels depthwise, stride {trace.stride[0]}"
    return f"{height}x{width}, {inputs * trace.groups} to {outputs}, stride {trace.stride[0]}"


def show(outcomes: dict[str, tuple[str, ReplayedLayer]], console: Console) -> None:
    """Print the results as a table."""
    table = Table(title="Layers recomputed in Verilog")
    for heading in ("network", "layer", "images", "cycles", "bits compared", "mismatches"):
        table.add_column(
            heading, justify="left" if heading in ("network", "layer") else "right"
        )
    for name, (layer, result) in outcomes.items():
        table.add_row(
            name,
            f"{result.name}: {layer}",
            str(result.images),
            f"{result.cycles:,}",
            f"{result.bits_compared:,}",
            str(result.mismatches),
        )
    console.print(table)


def main() -> int:
    """Export and replay a layer of each network; return 1 if a bit differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/layer_replay"), help="output directory"
    )
    add_options(parser)
    parser.add_argument(
        "--only", nargs="+", choices=LAYERS, default=list(LAYERS), help="networks to replay"
    )
    parser.add_argument("--bits", type=int, default=8, help="bits of weights and activations")
    parser.add_argument("--passed", type=int, default=4, help="images to replay")
    parser.add_argument("--rows", type=int, default=8, help="rows of the array: output pixels")
    parser.add_argument(
        "--columns", type=int, default=8, help="columns of the array: output channels"
    )
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
        outcomes = {
            name: export_and_replay(name, images, options, bar) for name in options.only
        }
    show(outcomes, console)
    with writing(options.out / "layers.csv") as file:
        lines = csv.writer(file)
        columns = [field.name for field in dataclasses.fields(ReplayedLayer)]
        lines.writerow(["network", "layer", *columns])
        for name, (layer, result) in outcomes.items():
            lines.writerow([name, layer, *dataclasses.astuple(result)])
    console.print(f"Written to {options.out}: layers.csv and one trace per network")
    differences = [result.first for _, result in outcomes.values() if result.first is not None]
    for difference in differences:
        console.print(difference)
    return 1 if differences else 0


if __name__ == "__main__":
    exit_with(main)
