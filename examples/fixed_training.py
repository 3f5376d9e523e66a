"""Accuracy of three networks trained in float and in fixed point.

    python -m examples.fixed_training --out runs/fixed_training

trains small versions of VGG16, ResNet18 and MobileNetV2 on 8,000 images of Fashion-MNIST. One
run is in float, with momentum SGD. The others are in fixed point of 16 and 8 bits: weights,
activations, errors, gradients, batch normalization, residual additions and the loss. Their
updates are those of the fixed-point momentum SGD circuit with stochastic rounding. Initial
weights, order of images and schedule are the same. A study that was interrupted resumes.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from fixedpoint.circuit.files import check_directory, writing
from sim.progress import progress_bar
from stochastic.training import Configuration, Epoch, Mean, run_all

FLOAT = "float"


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network, and the learning rates of float SGD and of the fixed-point circuit.

    The rates were chosen on held-out training images.

    Attributes
    ----------
    title : str
        The network in tables and pictures.
    width : float
        Factor of the number of channels.
    float_rate, fixed_rate : float
    """

    title: str
    width: float
    float_rate: float
    fixed_rate: float


SETTINGS = {
    "vgg16": Setting("VGG16, 1/8 width", 1 / 8, 0.01, 0.01),
    "resnet18": Setting("ResNet18, 1/8 width", 1 / 8, 0.01, 0.01),
    "mobilenetv2": Setting("MobileNetV2, 1/4 width", 1 / 4, 0.03, 0.01),
}


@dataclasses.dataclass(frozen=True, order=True)
class Trial:
    """A run: the network, the formats in which it is trained, and the seed."""

    model: str
    formats: str
    seed: int

    @property
    def name(self) -> str:
        """The name of the run's directory."""
        return f"{self.model}-{self.formats}-seed{self.seed}"

    def configuration(self, epochs: int, images: int | None) -> Configuration:
        """Return the settings of the run."""
        setting = SETTINGS[self.model]
        fixed = self.formats != FLOAT
        return Configuration(
            model=self.model,
            width=setting.width,
            images=images,
            optimizer="fixed-stochastic" if fixed else "sgd",
            lr=setting.fixed_rate if fixed else setting.float_rate,
            layerwise=fixed,
            formats=self.formats if fixed else None,
            epochs=epochs,
            seed=self.seed,
        )


Results = dict[Trial, list[Epoch]]


def epochs_by_seed(results: Results, model: str, formats: str) -> list[list[Epoch]]:
    """Return the epochs of every seed of a network and formats."""
    return [e for t, e in results.items() if (t.model, t.formats) == (model, formats)]


def write_table(path: Path, results: Results) -> None:
    """Write every epoch of every run."""
    with writing(path) as file:
        lines = csv.writer(file)
        columns = [field.name for field in dataclasses.fields(Epoch)]
        lines.writerow(["network", "formats", "seed", *columns])
        for trial, epochs in results.items():
            for epoch in epochs:
                lines.writerow([*dataclasses.astuple(trial), *dataclasses.astuple(epoch)])


def show_table(
    console: Console, results: Results, models: list[str], formats: list[str]
) -> None:
    """Print the final test accuracy of every network and formats, the mean of the seeds."""
    table = Table(title="Test accuracy (%) after training")
    table.add_column("network")
    for kind in formats:
        table.add_column(kind, justify="right")
    for model in models:
        cells = []
        for kind in formats:
            runs = epochs_by_seed(results, model, kind)
            mean = Mean.of(100 * run[-1].test_accuracy for run in runs)
            text = f"{mean.value:.2f}"
            if mean.count > 1:
                text += f" ± {mean.error:.2f}"
            cells.append(text)
        table.add_row(SETTINGS[model].title, *cells)
    console.print(table)


def draw(path: Path, results: Results, models: list[str], formats: list[str]) -> None:
    """Draw test accuracy by epoch, the mean of the seeds, with one panel per network."""
    figure, grid = new_figure(
        1, len(models), figsize=(3.2 * len(models), 3.4), sharey=True, squeeze=False
    )
    for axes, model in zip(grid[0], models, strict=True):
        for i, kind in enumerate(formats):
            by_epoch = zip(*epochs_by_seed(results, model, kind), strict=True)
            means = [
                Mean.of(100 * e.test_accuracy for e in epochs).value for epochs in by_epoch
            ]
            line = {"marker": "osd^"[i % 4], "markersize": 4, "label": kind}
            axes.plot(range(1, len(means) + 1), means, **line)
        axes.set(xlabel="epoch", title=SETTINGS[model].title)
        axes.grid(alpha=0.3)
    grid[0][0].set_ylabel("test accuracy (%)")
    grid[0][-1].legend(loc="lower right")
    save_figure(figure, path)


def main() -> int:
    """Train every network in all formats, and compare the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/fixed_training"), help="output directory"
    )
    parser.add_argument(
        "--model", nargs="+", choices=SETTINGS, default=list(SETTINGS), help="networks to train"
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        default=[FLOAT, "16-bit", "8-bit"],
        metavar="FORMAT",
        help="float, or 2-bit to 16-bit",
    )
    parser.add_argument("--epochs", type=int, default=4, help="passes over the training images")
    parser.add_argument("--images", type=int, help="maximum number of training images")
    parser.add_argument(
        "--seeds", type=int, default=1, help="runs of each kind, with seeds 1, 2, ..."
    )
    parser.add_argument("--jobs", type=int, help="parallel runs; default: one per core")
    arguments = parser.parse_args()
    models, formats = (list(dict.fromkeys(a)) for a in (arguments.model, arguments.formats))
    console = Console()
    check_directory(arguments.out)
    trials = [
        Trial(model, kind, seed)
        for model in models
        for kind in formats
        for seed in range(1, arguments.seeds + 1)
    ]
    settings = {t.name: t.configuration(arguments.epochs, arguments.images) for t in trials}
    with progress_bar() as bar:
        task = bar.add_task("training", total=arguments.epochs * len(trials))

        def show(runs: int, epochs: int) -> None:
            text = f"{runs} of {len(trials)} runs done"
            bar.update(task, completed=epochs, description=text)

        epochs_by_name = run_all(
            arguments.out / "runs",
            settings,
            jobs=arguments.jobs or len(os.sched_getaffinity(0)),
            progress=show,
        )
    results = {trial: epochs_by_name[trial.name] for trial in trials}
    show_table(console, results, models, formats)
    write_table(arguments.out / "fixed_training.csv", results)
    draw(arguments.out / "fixed_training.png", results, models, formats)
    console.print(f"Written to {arguments.out}: fixed_training.csv, fixed_training.png")
    return 0


if __name__ == "__main__":
    exit_with(main)
