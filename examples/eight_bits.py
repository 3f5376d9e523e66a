"""Eight bits against float: accuracy of three networks converted to fixed point.

    python -m examples.eight_bits --out runs/eight_bits

trains VGG16, ResNet18 and MobileNetV2, narrow ones, in float on 8,000 images of
Fashion-MNIST, converts each to eight-bit weights and activations with formats chosen from
256 training images, and counts the test images that both put in their class. Trained
networks are kept, so that a second run, and ``examples.bit_width``, need not train.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from examples.command import finish
from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import convert
from sim.progress import progress_bar
from stochastic.training import Dataset, load, train
from stochastic.training.networks import NETWORKS
from stochastic.training.runs.loop import evaluate

BATCH = 64
CALIBRATION = 256


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network and how it is trained in float: SGD, momentum 0.9, a cosine schedule."""

    title: str
    width: float
    epochs: int
    rate: float = 0.05


SETTINGS = {
    "vgg16": Setting("VGG16, 1/8 width", 1 / 8, 8),
    "resnet18": Setting("ResNet18, 1/8 width", 1 / 8, 6),
    "mobilenetv2": Setting("MobileNetV2, 1/4 width", 1 / 4, 6),
}


@dataclasses.dataclass(frozen=True)
class Images:
    """The images as the networks take them, and their labels."""

    data: Dataset
    train: torch.Tensor
    test: torch.Tensor
    labels: torch.Tensor

    def accuracy(self, model: torch.nn.Module) -> float:
        """Return the fraction of test images that a model puts in their class."""
        return evaluate(model, self.test, self.labels, 250)


def read_images(limit: int | None = None) -> Images:
    """Return the repository's subset of Fashion-MNIST, or the first images of it."""
    data = load("fashion-mnist-subset")
    data = dataclasses.replace(
        data,
        train_images=data.train_images[:limit],
        train_labels=data.train_labels[:limit],
        test_images=data.test_images[:limit],
        test_labels=data.test_labels[:limit],
    )
    train_images, test_images = (torch.from_numpy(part) for part in data.normalized())
    return Images(data, train_images, test_images, torch.from_numpy(data.test_labels).long())


def float_network(
    name: str,
    images: Images,
    directory: Path,
    seed: int,
    epochs: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> torch.nn.Module:
    """Return a trained float network: the one in the directory, or one trained now."""
    setting = SETTINGS[name]
    epochs = epochs or setting.epochs
    torch.manual_seed(seed)
    model = NETWORKS[name](width=setting.width).to(memory_format=torch.channels_last)
    count = len(images.data.train_labels)
    path = directory / f"{name}-{count}-images-{epochs}-epochs-seed-{seed}.pt"
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=setting.rate, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    steps = epochs * (count // BATCH)
    train(
        model,
        images.data,
        optimizer,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
        progress=lambda e: progress and progress(
            f"{name}: {100 * e.test_accuracy:.2f} % after epoch {e.number}", e.number, epochs
        ),
    )  # fmt: skip
    with writing(path, "wb") as file:
        torch.save(model.state_dict(), file)
    return model.eval()


def draw(path: Path, rows: list[tuple[str, float, float]], bits: int) -> None:
    """Draw both accuracies of each network."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    places = range(len(rows))
    for shift, label, column in ((-0.2, "float", 1), (0.2, f"{bits}-bit fixed point", 2)):
        heights = [100 * row[column] for row in rows]
        bars = axes.bar([p + shift for p in places], heights, width=0.38, label=label)
        axes.bar_label(bars, fmt="%.2f", fontsize=8)
    axes.set_xticks(places, [row[0] for row in rows])
    axes.set(ylabel="test accuracy (%)", ylim=(0, 115))
    axes.legend(loc="upper center", ncols=2)
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    pyplot.close(figure)


def main() -> int:
    """Train, convert, compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/eight_bits"))
    parser.add_argument("--networks", type=Path, default=Path("runs/networks"))
    parser.add_argument("--epochs", type=int, help="of training; by default each its own")
    parser.add_argument("--images", type=int, help="of each kind, at most")
    parser.add_argument("--bits", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="of start and order")
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

            model = float_network(
                name, images, arguments.networks, arguments.seed, arguments.epochs, show
            )
            network = convert(model, images.train[:CALIBRATION], bits=arguments.bits)
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
    finish(main)
