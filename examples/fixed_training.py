"""Training in fixed point beside float: three networks, forward, backward and update.

    python -m examples.fixed_training --out runs/fixed_training

trains VGG16, ResNet18 and MobileNetV2, narrow ones, on 8,000 images of Fashion-MNIST: in
float by SGD with momentum, and with all weights, activations, errors and gradients of 16 or
of 8 bits, batch normalization, residuals and the loss in fixed point too, and updates by the
circuit of momentum SGD in fixed point with stochastic rounding. Starts, order of images and
schedule are the same. Each run resumes: a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.command import finish
from fixedpoint.circuit.files import check_directory, writing
from sim.progress import progress_bar
from stochastic.training import Configuration, Epoch, Mean, run_all

FLOAT = "float"


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network, and learning rates of float SGD and of the circuit in fixed point.

    The rates were chosen on training images held out.
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
    """A network, the formats in which it trains, and a seed."""

    model: str
    formats: str
    seed: int

    @property
    def name(self) -> str:
        """The folder of the run."""
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


Found = dict[Trial, list[Epoch]]


def of_kind(found: Found, model: str, formats: str) -> list[list[Epoch]]:
    """Return the epochs of every seed of one kind of run."""
    return [e for t, e in found.items() if (t.model, t.formats) == (model, formats)]


def write_table(path: Path, found: Found) -> None:
    """Write every epoch of every run."""
    with writing(path) as file:
        lines = csv.writer(file)
        facts = [field.name for field in dataclasses.fields(Epoch)]
        lines.writerow(["network", "formats", "seed", *facts])
        for trial, epochs in found.items():
            for epoch in epochs:
                lines.writerow([*dataclasses.astuple(trial), *dataclasses.astuple(epoch)])


def show_table(console: Console, found: Found, models: list[str], formats: list[str]) -> None:
    """Show the last test accuracy of every kind."""
    table = Table(title="Test accuracy (%) after training")
    table.add_column("network")
    for kind in formats:
        table.add_column(kind, justify="right")
    for model in models:
        cells = []
        for kind in formats:
            runs = of_kind(found, model, kind)
            mean = Mean.of(100 * run[-1].test_accuracy for run in runs)
            text = f"{mean.value:.2f}"
            if mean.count > 1:
                text += f" ± {mean.error:.2f}"
            cells.append(text)
        table.add_row(SETTINGS[model].title, *cells)
    console.print(table)


def draw(path: Path, found: Found, models: list[str], formats: list[str]) -> None:
    """Draw test accuracy of every epoch, a panel a network, the mean of the seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(
        1, len(models), figsize=(3.2 * len(models), 3.4), layout="constrained",
        sharey=True, squeeze=False,
    )  # fmt: skip
    for axes, model in zip(grid[0], models, strict=True):
        for place, kind in enumerate(formats):
            rounds = zip(*of_kind(found, model, kind), strict=True)
            means = [Mean.of(100 * e.test_accuracy for e in epochs).value for epochs in rounds]
            line = {"marker": "osd^"[place % 4], "markersize": 4, "label": kind}
            axes.plot(range(1, len(means) + 1), means, **line)
        axes.set(xlabel="epoch", title=SETTINGS[model].title)
        axes.grid(alpha=0.3)
    grid[0][0].set_ylabel("test accuracy (%)")
    grid[0][-1].legend(loc="lower right")
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    pyplot.close(figure)


def main() -> int:
    """Train every network in all formats, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/fixed_training"))
    parser.add_argument("--model", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument(
        "--formats",
        nargs="+",
        default=[FLOAT, "16-bit", "8-bit"],
        metavar="FORMAT",
        help="float, or 2-bit to 16-bit",
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--images", type=int, help="training images, at most")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each kind, from seed 1")
    parser.add_argument("--jobs", type=int, help="runs side by side; one a core by default")
    arguments = parser.parse_args()
    models, kinds = (list(dict.fromkeys(a)) for a in (arguments.model, arguments.formats))
    console = Console()
    check_directory(arguments.out)
    trials = [
        Trial(model, formats, seed)
        for model in models
        for formats in kinds
        for seed in range(1, arguments.seeds + 1)
    ]
    settings = {t.name: t.configuration(arguments.epochs, arguments.images) for t in trials}
    with progress_bar() as bar:
        task = bar.add_task("training", total=arguments.epochs * len(trials))

        def show(runs: int, epochs: int) -> None:
            text = f"{runs} of {len(trials)} runs done"
            bar.update(task, completed=epochs, description=text)

        made = run_all(
            arguments.out / "runs",
            settings,
            jobs=arguments.jobs or len(os.sched_getaffinity(0)),
            progress=show,
        )
    found = {trial: made[trial.name] for trial in trials}
    show_table(console, found, models, kinds)
    write_table(arguments.out / "fixed_training.csv", found)
    draw(arguments.out / "fixed_training.png", found, models, kinds)
    console.print(f"Written to {arguments.out}: fixed_training.csv, fixed_training.png")
    return 0


if __name__ == "__main__":
    finish(main)
