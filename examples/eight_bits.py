"""Accuracy of three networks in float and in 8-bit fixed point.

    python -m examples.eight_bits --out runs/eight_bits

trains small versions of VGG16, ResNet18 and MobileNetV2 in float on 8,000 images of
Fashion-MNIST, and converts each to 8-bit weights and activations, with formats chosen from 256
training images. It compares the test accuracy before and after the conversion. Trained
networks are stored in ``--networks`` and reused by later runs and by ``examples.bit_width``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from examples.trained_networks import (
    CALIBRATION_IMAGES,
    SETTINGS,
    add_options,
    read_images,
    trained_network,
)
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import convert
from sim.progress import progress_bar


def draw(path: Path, rows: list[tuple[str, float, float]], bits: int) -> None:
    """Draw the float and the fixed-point accuracy of each network."""
    figure, axes = new_figure(figsize=(6, 3.6))
    positions = range(len(rows))
    for shift, label, column in ((-0.2, "float", 1), (0.2, f"{bits}-bit fixed point", 2)):
        heights = [100 * row[column] for row in rows]
        bars = axes.bar([p + shift for p in positions], heights, width=0.38, label=label)
        axes.bar_label(bars, fmt="%.2f", fontsize=8)
    axes.set_xticks(positions, [row[0] for row in rows])
    axes.set(ylabel="test accuracy (%)", ylim=(0, 115))
    axes.legend(loc="upper center", ncols=2)
    save_figure(figure, path)


def main() -> int:
    """Train and convert the networks, and compare their accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/eight_bits"), help="output directory"
    )
    add_options(parser)
    parser.add_argument("--bits", type=int, default=8, help="bits of weights and activations")
    arguments = parser.parse_args()
    console = Console()
    for directory in (arguments.out, arguments.networks):
        check_directory(directory)
    images = read_images(arguments.images)
    rows = []
    with progress_bar() as bar:
        for name, setting in SETTINGS.items():
            task = bar.add_task(name, total=1)

            def show(text: str, done: int, total: int, task=task) -> None:
                bar.update(task, description=text, completed=done, total=total + 1)

            model = trained_network(
                name, images, arguments.networks, arguments.seed, arguments.epochs, show
            )
            network = convert(model, images.train[:CALIBRATION_IMAGES], bits=arguments.bits)
            rows.append((setting.title, images.accuracy(model), images.accuracy(network)))
            text = f"{name}: {100 * rows[-1][2]:.2f} % in {arguments.bits} bits"
            bar.update(task, description=text, completed=1, total=1)
    table = Table(title=f"Test accuracy on {len(images.labels):,} images of Fashion-MNIST")
    for heading in ("network", "float", f"{arguments.bits} bits", "difference"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for title, before, after in rows:
        difference = f"{100 * (after - before):+.2f}"
        table.add_row(title, f"{100 * before:.2f} %", f"{100 * after:.2f} %", difference)
    console.print(table)
    with writing(arguments.out / "eight_bits.csv") as file:
        lines = csv.writer(file)
        lines.writerow(["network", "float", "fixed", "bits"])
        lines.writerows([*row, arguments.bits] for row in rows)
    draw(arguments.out / "eight_bits.png", rows, arguments.bits)
    console.print(f"Written to {arguments.out}: eight_bits.csv, eight_bits.png")
    return 0


if __name__ == "__main__":
    exit_with(main)
