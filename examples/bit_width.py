"""Accuracy of three networks in fixed point against the number of bits, 2 to 16.

    python -m examples.bit_width --out runs/bit_width

converts the float networks of ``examples.eight_bits`` to fixed point at every width, with
formats of least squared error. Networks that are not stored yet are trained. With
``--fine-tune EPOCHS``, each converted network is also trained further with the straight-through
estimator. Every result is added to the table at once, and a run that was interrupted continues
from the table.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from examples.trained_networks import (
    BATCH_SIZE,
    CALIBRATION_IMAGES,
    SETTINGS,
    Images,
    add_options,
    read_images,
    trained_network,
)
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import FixedPointNetwork, convert
from sim.progress import progress_bar
from stochastic.training import train

BITS = (2, 3, 4, 5, 6, 7, 8, 16)
FINE_TUNING_RATE = 0.005
COLUMNS = ("network", "seed", "images", "bits", "epochs", "accuracy")

# A row of the table without its last column. Bits of 0 stand for the float network.
Key = tuple[str, ...]
# Accuracy by bits for each network and number of fine-tuning epochs.
Curves = dict[tuple[str, int], dict[int, float]]


def fine_tune(network: FixedPointNetwork, images: Images, epochs: int, seed: int) -> None:
    """Train a converted network further, with the straight-through estimator."""
    optimizer = torch.optim.SGD(network.parameters(), lr=FINE_TUNING_RATE, momentum=0.9)
    steps = epochs * (len(images.data.train_labels) // BATCH_SIZE)
    train(
        network,
        images.data,
        optimizer,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        seed=seed,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
    )


def read_results(path: Path) -> dict[Key, float]:
    """Return the accuracies that earlier runs have written to a table.

    Raises
    ------
    ValueError
        If the columns of the file are not those of this table.
    """
    if not path.exists():
        return {}
    with path.open() as file:
        rows = list(csv.DictReader(file))
    if rows and set(rows[0]) != set(COLUMNS):
        raise ValueError(f"{path} is not a table of this command; give another --out")
    return {tuple(row[c] for c in COLUMNS[:-1]): float(row["accuracy"]) for row in rows}


def write_results(path: Path, results: dict[Key, float]) -> None:
    """Write the table of all accuracies."""
    with writing(path) as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows([*key, accuracy] for key, accuracy in results.items())


def draw(path: Path, curves: Curves) -> None:
    """Draw accuracy against bits with a line for each network, dotted for float."""
    figure, axes = new_figure(figsize=(7, 4))
    for (name, epochs), curve in curves.items():
        color = f"C{list(SETTINGS).index(name)}"
        bits = sorted(b for b in curve if b)
        suffix = f", {epochs} more epochs" if epochs else ""
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
    save_figure(figure, path)


def show_table(curves: Curves, bit_widths: list[int], console: Console) -> None:
    """Print accuracy against bits."""
    table = Table(title="Test accuracy (%) against bits")
    table.add_column("network", no_wrap=True)
    for bits in (0, *bit_widths):
        table.add_column(str(bits) if bits else "float", justify="right", no_wrap=True)
    for (name, epochs), curve in curves.items():
        title = f"{name}, +{epochs} epochs" if epochs else name
        cells = (curve.get(bits) for bits in (0, *bit_widths))
        table.add_row(title, *("" if c is None else f"{100 * c:.1f}" for c in cells))
    console.print(table)


def main() -> int:
    """Convert every network to every width, and draw the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/bit_width"), help="output directory"
    )
    add_options(parser)
    parser.add_argument(
        "--bits",
        type=int,
        nargs="+",
        default=list(BITS),
        help="bits of weights and activations",
    )
    parser.add_argument(
        "--fine-tune", type=int, default=0, metavar="EPOCHS", help="epochs after conversion"
    )
    arguments = parser.parse_args()
    console = Console()
    for directory in (arguments.out, arguments.networks):
        check_directory(directory)
    table_path = arguments.out / "bit_width.csv"
    results = read_results(table_path)
    images = read_images(arguments.images)
    fine_tunings = [0, arguments.fine_tune] if arguments.fine_tune else [0]
    curves: Curves = {}
    with progress_bar() as bar:
        for name in SETTINGS:
            task = bar.add_task(name, total=1 + len(arguments.bits) * len(fine_tunings))

            def show(text: str, *_: int, task=task) -> None:
                bar.update(task, description=text)

            model = trained_network(
                name, images, arguments.networks, arguments.seed, arguments.epochs, show
            )
            run_columns = name, str(arguments.seed), str(len(images.data.train_labels))
            pending = [(0, 0)]
            pending += [(bits, epochs) for epochs in fine_tunings for bits in arguments.bits]
            for bits, epochs in pending:
                key = (*run_columns, str(bits), str(epochs))
                if key not in results:
                    show(f"{name}: {bits or 'float'} bits, {epochs} epochs")
                    network = model
                    if bits:
                        network = convert(model, images.train[:CALIBRATION_IMAGES], bits=bits)
                        if epochs:
                            fine_tune(network, images, epochs, arguments.seed)
                    results[key] = images.accuracy(network)
                    write_results(table_path, results)
                curves.setdefault((name, epochs), {})[bits] = results[key]
                bar.advance(task)
            bar.update(task, description=name)
    show_table(curves, arguments.bits, console)
    draw(arguments.out / "bit_width.png", curves)
    console.print(f"Written to {arguments.out}: bit_width.csv, bit_width.png")
    return 0


if __name__ == "__main__":
    exit_with(main)
