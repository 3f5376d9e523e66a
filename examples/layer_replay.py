"""One layer of each network, computed anew by Verilog over real images, bit by bit.

    python -m examples.layer_replay --out runs/layer_replay

trains VGG16, ResNet18 and MobileNetV2 at a fraction of their width, briefly, on
Fashion-MNIST; brings them to 8 bits; and takes what one layer of each makes of some test
images: a convolution, one with stride 2, and a depthwise one. These traces are written to
files, read again, and pushed through the emitted Verilog of an array of multiply-accumulate
units; every bit of every output is compared.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fixedpoint import LayerTrace
from fixedpoint.files import check_directory, writing
from fixedpoint.layers import convert
from sim.replay_layer import ReplayedLayer, array_of, replay_layer
from sim.tools import check_simulator
from stochastic.training import NETWORKS, Dataset, evaluate, load, train

from .command import finish

BATCH = 64
RATE = 0.02
# Images from which the formats are chosen.
CALIBRATION = 256
# The layer of each network: see `fixedpoint.layers.FixedPointNetwork.weighted` for others.
LAYERS = {"vgg16": "10", "resnet18": "5.body.0", "mobilenetv2": "6.body.3"}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Accuracies of a network in float and in fixed point, and its layer's replay."""

    network: str
    float_accuracy: float
    fixed_accuracy: float
    layer: str
    replayed: ReplayedLayer


def shape_of(trace: LayerTrace) -> str:
    """Return a layer's size in words."""
    outputs, inner, high, wide = trace.weights.shape
    depthwise = trace.groups > 1 and inner == 1
    what = "depthwise" if depthwise else f"{inner * trace.groups} to {outputs} channels"
    channels = f", {outputs} channels" if depthwise else ""
    return f"{high}x{wide} {what}{channels}, stride {trace.stride[0]}"


def exported(
    name: str, data: Dataset, options: argparse.Namespace, path: Path
) -> tuple[float, float]:
    """Train a network, bring it to fixed point and write its layer's trace to a file.

    Returns
    -------
    float, float
        Its accuracies on the test images, in float and in fixed point.
    """
    torch.manual_seed(options.seed)
    model = NETWORKS[name](channels=data.train_images.shape[1], width=options.width)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    epochs = train(
        model, data, optimizer, epochs=options.epochs, batch_size=BATCH, seed=options.seed
    )
    images, tests = (torch.from_numpy(some) for some in data.normalized())
    network = convert(model.eval(), images[:CALIBRATION], bits=options.bits)
    labels = torch.from_numpy(data.test_labels).long()
    accuracy = evaluate(network, tests, labels, BATCH)
    (trace,) = network.traces(tests[: options.images], [LAYERS[name]])
    trace.save(path)
    return epochs[-1].test_accuracy, accuracy


def show(outcomes: list[Outcome]) -> None:
    """Print the table."""
    table = Table(title="Layers computed anew by Verilog")
    headings = ("network", "float", "fixed", "layer", "images", "products", "cycles")
    for heading in (*headings, "bits compared", "mismatches"):
        table.add_column(heading, justify="left" if heading in headings[::3] else "right")
    for o in outcomes:
        table.add_row(
            o.network,
            f"{100 * o.float_accuracy:.1f} %",
            f"{100 * o.fixed_accuracy:.1f} %",
            f"{o.replayed.name}: {o.layer}",
            str(o.replayed.images),
            f"{o.replayed.products:,}",
            f"{o.replayed.cycles:,}",
            f"{o.replayed.bits_compared:,}",
            str(o.replayed.mismatches),
        )
    Console().print(table)


def write(path: Path, outcomes: list[Outcome]) -> None:
    """Write the table to a file."""
    with writing(path) as file:
        table = csv.writer(file)
        facts = [field.name for field in dataclasses.fields(ReplayedLayer)]
        table.writerow(["network", "float_accuracy", "fixed_accuracy", "layer", *facts])
        for o in outcomes:
            accuracies = f"{o.float_accuracy:.4f}", f"{o.fixed_accuracy:.4f}"
            table.writerow([o.network, *accuracies, o.layer, *dataclasses.astuple(o.replayed)])


def main() -> int:
    """Train, export and replay; exit 1 if a bit differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/layer_replay"))
    parser.add_argument(
        "--networks", nargs="+", choices=list(LAYERS), default=list(LAYERS), metavar="NAME"
    )
    parser.add_argument("--data", help="directory of Fashion-MNIST; by default the subset")
    parser.add_argument("--train-images", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--width", type=float, default=0.25, help="factor of all channels")
    parser.add_argument("--bits", type=int, default=8, help="of weights and activations")
    parser.add_argument("--images", type=int, default=4, help="that pass the Verilog")
    parser.add_argument("--rows", type=int, default=8, help="of the array: pixels")
    parser.add_argument("--columns", type=int, default=8, help="of the array: channels")
    parser.add_argument("--seed", type=int, default=1, help="of networks and training")
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    options = parser.parse_args()
    check_directory(options.out)
    check_simulator(options.sim)
    data = load("fashion-mnist" if options.data else "fashion-mnist-subset", options.data)
    if not BATCH <= options.train_images <= len(data.train_labels):
        raise ValueError(
            f"train-images must be between {BATCH} and {len(data.train_labels)}, "
            f"not {options.train_images}"
        )
    if not 1 <= options.images <= len(data.test_labels):
        raise ValueError(
            f"images must be between 1 and {len(data.test_labels)}, not {options.images}"
        )
    data = dataclasses.replace(
        data,
        train_images=data.train_images[: options.train_images],
        train_labels=data.train_labels[: options.train_images],
    )
    outcomes = []
    with Progress() as progress:
        for name in options.networks:
            task = progress.add_task(f"{name}: training", total=1.0)
            path = options.out / f"{name}.npz"
            accuracies = exported(name, data, options, path)
            trace = LayerTrace.load(path)
            array = array_of(trace, rows=options.rows, columns=options.columns)
            replayed = replay_layer(
                trace,
                array,
                simulator=options.sim,
                progress=lambda stage, done, task=task, name=name: progress.update(
                    task, completed=done, description=f"{name}: {stage}"
                ),
            )
            outcomes.append(Outcome(name, *accuracies, shape_of(trace), replayed))
    show(outcomes)
    write(options.out / "layers.csv", outcomes)
    print(f"wrote layers.csv and a trace of each network to {options.out}")
    wrong = [o.replayed.first for o in outcomes if o.replayed.first is not None]
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    finish(main)
