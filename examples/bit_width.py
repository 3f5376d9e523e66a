"""Accuracy against bit width: three networks in fixed point of 2 to 16 bits.

    python -m examples.bit_width --out runs/bit_width

converts the networks of ``examples.eight_bits``, which it trains where they are not there
yet, to fixed point of every width, with formats chosen by least squared error. With
``--fine-tune EPOCHS`` each is then also trained on, its gradients passing straight through
the rounding. Every result goes into the table at once, so that a run that was stopped goes
on where it was.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from examples.command import finish
from examples.eight_bits import (
    BATCH,
    CALIBRATION,
    SETTINGS,
    Images,
    float_network,
    read_images,
)
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import FixedPointNetwork, convert
from sim.progress import progress_bar
from stochastic.training import train

BITS = (2, 3, 4, 5, 6, 7, 8, 16)
FINE_RATE = 0.005
COLUMNS = ("network", "seed", "images", "bits", "epochs", "accuracy")

Key = tuple[str, ...]


def fine_tune(network: FixedPointNetwork, images: Images, epochs: int, seed: int) -> None:
    """Train a converted network on, with gradients straight through the rounding."""
    optimizer = torch.optim.SGD(network.parameters(), lr=FINE_RATE, momentum=0.9)
    steps = epochs * (len(images.data.train_labels) // BATCH)
    train(
        network,
        images.data,
        optimizer,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
    )


def read_results(path: Path) -> dict[Key, float]:
    """Return the accuracies that a run before this one has found; bits 0 is float."""
    if not path.exists():
        return {}
    with path.open() as file:
        rows = list(csv.DictReader(file))
    if rows and set(rows[0]) != set(COLUMNS):
        raise ValueError(f"{path} is not a table of this command; give another --out")
    return {tuple(row[c] for c in COLUMNS[:-1]): float(row["accuracy"]) for row in rows}


def write_results(path: Path, results: dict[Key, float]) -> None:
    """Write all accuracies."""
    with writing(path) as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows([*key, accuracy] for key, accuracy in results.items())


def draw(path: Path, curves: dict[tuple[str, int], dict[int, float]]) -> None:
    """Draw accuracy against bits, a line for each network; float as a dotted one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for (name, epochs), curve in curves.items():
        color = f"C{list(SETTINGS).index(name)}"
        bits = sorted(b for b in curve if b)
        suffix = f", {epochs} epochs more" if epochs else ""
        axes.plot(
            [str(b) for b in bits],
            [100 * curve[b] for b in bits],
            marker="s" if epochs else "o",
            linestyle="--" if epochs else "-",
            color=color,
            label=SETTINGS[name].title + suffix,
        )
        if 0 in curve:
            axes.axhline(100 * curve[0], color=color, linestyle=":", linewidth=1)
    axes.set(
        xlabel="bits of weights and activations",
        ylabel="test accuracy (%)",
        title="Fixed point after training in float (dotted: float)",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    pyplot.close(figure)


def main() -> int:
    """Convert every network to every width, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bit_width"))
    parser.add_argument("--networks", type=Path, default=Path("runs/networks"))
    parser.add_argument("--bits", type=int, nargs="+", default=list(BITS))
    parser.add_argument("--fine-tune", type=int, default=0, metavar="EPOCHS")
    parser.add_argument("--epochs", type=int, help="of float training")
    parser.add_argument("--images", type=int, help="of each kind, at most")
    parser.add_argument("--seed", type=int, default=1, help="of start and order")
    arguments = parser.parse_args()
    console = Console()
    for directory in (arguments.out, arguments.networks):
        check_directory(directory)
    table_path = arguments.out / "bit_width.csv"
    results = read_results(table_path)
    images = read_images(arguments.images)
    rounds = [0, arguments.fine_tune] if arguments.fine_tune else [0]
    curves: dict[tuple[str, int], dict[int, float]] = {}
    with progress_bar() as bar:
        for name in SETTINGS:
            task = bar.add_task(name, total=1 + len(arguments.bits) * len(rounds))

            def show(text: str, *_: int, task=task) -> None:
                bar.update(task, description=text)

            model = float_network(
                name, images, arguments.networks, arguments.seed, arguments.epochs, show
            )
            facts = name, str(arguments.seed), str(len(images.data.train_labels))
            todo = [(0, 0), *((bits, epochs) for epochs in rounds for bits in arguments.bits)]
            for bits, epochs in todo:
                key = (*facts, str(bits), str(epochs))
                if key not in results:
                    show(f"{name}: {bits or 'float'} bits, {epochs} epochs")
                    network = model
                    if bits:
                        network = convert(model, images.train[:CALIBRATION], bits=bits)
                        if epochs:
                            fine_tune(network, images, epochs, arguments.seed)
                    results[key] = images.accuracy(network)
                    write_results(table_path, results)
                curves.setdefault((name, epochs), {})[bits] = results[key]
                bar.advance(task)
            bar.update(task, description=name)
    table = Table(title="Test accuracy (%) against bits")
    table.add_column("network", no_wrap=True)
    for bits in (0, *arguments.bits):
        table.add_column(str(bits) if bits else "float", justify="right", no_wrap=True)
    for (name, epochs), curve in curves.items():
        title = f"{name}, +{epochs} epochs" if epochs else name
        cells = (curve.get(bits) for bits in (0, *arguments.bits))
        table.add_row(title, *("" if c is None else f"{100 * c:.1f}" for c in cells))
    console.print(table)
    draw(arguments.out / "bit_width.png", curves)
    console.print(f"Written to {arguments.out}: bit_width.csv, bit_width.png")
    return 0


if __name__ == "__main__":
    finish(main)
