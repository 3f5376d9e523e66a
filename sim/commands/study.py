"""``goldstream study``: tables and pictures of accuracy from many training runs."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fixedpoint.files import check_directory, writing

from ..progress import progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress

    from stochastic.training import Configuration, Epoch
    from stochastic.training.study import Mean

__all__ = ["study"]

study = typer.Typer(
    help="Accuracy over many training runs; each study resumes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

# Widths at which the networks train in minutes on a core, and learning rates of float SGD
# and of the circuit, chosen on training images held out (`goldstream train --validation`).
SETTINGS: dict[str, dict[str, float]] = {
    "vgg16": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.006},
    "resnet18": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.01},
    "mobilenetv2": {"width": 1 / 4, "sgd": 0.03, "dsc-momentum": 0.01},
}
# In points: what counts as float's accuracy.
MARGIN = 0.5
LENGTHS = (1, 4, 16, 64)

_IN_A_FILE_NAME = str.maketrans(" /", "--")

Out = Annotated[Path, typer.Option(help="Folder of the study; it goes on where it stopped.")]
Seeds = Annotated[int, typer.Option(help="Runs of each kind, with seeds 1, 2, ...")]
Epochs = Annotated[int, typer.Option(help="Passes over the training images.")]
Images = Annotated[int | None, typer.Option(help="Training images, at most.")]
DataSet = Annotated[
    str, typer.Option(help="fashion-mnist-subset, fashion-mnist, cifar-10 or digits.")
]
Data = Annotated[Path | None, typer.Option(help="Directory of the data set.")]
Width = Annotated[float | None, typer.Option(help="Factor of the layers' channels.")]
Jobs = Annotated[int | None, typer.Option(help="Runs side by side; one a core if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def with_length(settings: Configuration, length: int) -> Configuration:
    """Return the settings with that many cycles per step.

    A weight has 20 bits, 17 of them fraction, as far as float32 holds them exactly: its 24
    bits have to hold the log2(length) finer ones, too, and the fraction gives way.
    """
    bits = min(20, 24 - (length.bit_length() - 1))
    return settings.replace(cycles_per_step=length, weight_bits=bits, weight_fraction=bits - 3)


@dataclasses.dataclass
class _Study:
    """The runs of a study, made in rounds, with progress shown."""

    out: Path
    seeds: int
    jobs: int
    data: Path | None
    bar: Progress
    found: dict[str, list[Epoch]] = dataclasses.field(default_factory=dict)

    def make(self, kinds: dict[str, Configuration]) -> None:
        """Make the runs of some kinds, with every seed."""
        from stochastic.training import run_all

        trials = {
            f"{name}-seed{seed}": settings.replace(seed=seed)
            for name, settings in kinds.items()
            for seed in range(1, self.seeds + 1)
        }
        task = self.bar.add_task("", total=sum(trial.epochs for trial in trials.values()))

        def show(runs: int, epochs: int) -> None:
            text = f"{runs} of {len(trials)} runs done"
            self.bar.update(task, completed=epochs, description=text)

        self.found |= run_all(
            self.out / "runs",
            trials,
            jobs=self.jobs,
            data_directory=self.data,
            progress=show,
        )
        self.bar.remove_task(task)

    def accuracies(self, kind: str) -> list[float]:
        """Return the last test accuracy of each seed's run, in percent."""
        names = (f"{kind}-seed{seed}" for seed in range(1, self.seeds + 1))
        return [100 * self.found[name][-1].test_accuracy for name in names]

    def compare(self, kind: str, reference: str) -> tuple[Mean, Mean]:
        """Return the mean accuracy, and that of the differences from a reference."""
        from stochastic.training import Mean, paired

        mine = self.accuracies(kind)
        return Mean.of(mine), paired(mine, self.accuracies(reference))


def _run(
    body: Callable[[_Study], list[dict[str, Any]]],
    out: Path,
    seeds: int,
    jobs: int | None,
    data: Path | None,
    as_json: bool,
) -> list[dict[str, Any]]:
    """Make a study with progress shown; write its rows as CSV and print them as JSON."""
    from fixedpoint.parameters import check_integer

    check_integer("seeds", seeds, 1, 1000)
    if jobs is None:
        jobs = len(os.sched_getaffinity(0))
    check_integer("jobs", jobs, 1, 1024)
    check_directory(out)
    with progress_bar(as_json) as bar:
        made = _Study(out, seeds, jobs, data, bar)
        rows = body(made)
    with writing(out / "runs.csv") as file:
        table = csv.writer(file)
        table.writerow(["run", "epoch", "loss", "train_accuracy", "test_accuracy", "seconds"])
        for name, epochs in made.found.items():
            for e in epochs:
                table.writerow(
                    [name, e.number, e.loss, e.train_accuracy, e.test_accuracy, e.seconds]
                )
    with writing(out / "summary.csv") as file:
        summary = csv.DictWriter(file, list(rows[0]))
        summary.writeheader()
        summary.writerows(rows)
    if as_json:
        print(json.dumps(rows, indent=2))
    return rows


def _row(kind: dict[str, Any], mean: Mean, below: Mean) -> dict[str, Any]:
    return {
        **kind,
        "seeds": mean.count,
        "accuracy": round(mean.value, 3),
        "accuracy_error": _number(mean.error),
        "difference": round(below.value, 3),
        "difference_error": _number(below.error),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"


def _show(title: str, rows: list[dict[str, Any]], kinds: tuple[str, ...]) -> None:
    table = Table(title=title)
    for heading in kinds:
        table.add_column(heading.replace("_", " "))
    for heading in ("seeds", "test accuracy (%)", "points above float"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            *(str(row[kind]) for kind in kinds),
            str(row["seeds"]),
            _with_error(row["accuracy"], row["accuracy_error"]),
            _with_error(row["difference"], row["difference_error"]),
        )
    Console().print(table)


@study.command()
def accuracy(
    out: Out,
    models: Annotated[
        list[str] | None, typer.Option("--model", help="A network; all three if none.")
    ] = None,
    seeds: Seeds = 3,
    epochs: Epochs = 6,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    width: Width = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Train networks by float SGD and by the circuit, and compare.

    For each network the cycles per step L go up, from 1 over 4 and 16 to 64, until the mean
    accuracy is within 0.5 points of float SGD's with the same schedule, starts and order of
    images. Writes summary.csv, runs.csv and accuracy.png.
    """
    chosen = list(dict.fromkeys(models or SETTINGS))
    both = {model: _settings(model, dataset, images, epochs, width) for model in chosen}

    def body(made: _Study) -> list[dict[str, Any]]:
        kinds = {f"{model}-sgd": both[model][1] for model in chosen}
        waiting = list(chosen)
        rows: dict[str, list[dict[str, Any]]] = {model: [] for model in chosen}
        for length in LENGTHS:
            kinds |= {f"{m}-dsc-L{length}": with_length(both[m][0], length) for m in waiting}
            made.make(kinds)
            kinds = {}
            for model in tuple(waiting):
                mean, below = made.compare(f"{model}-dsc-L{length}", f"{model}-sgd")
                kind = {"network": model, "optimizer": "circuit", "cycles_per_step": length}
                rows[model].append(_row(kind, mean, below))
                if below.value >= -MARGIN:
                    waiting.remove(model)
        for model in chosen:
            kind = {"network": model, "optimizer": "float SGD", "cycles_per_step": ""}
            rows[model].insert(0, _row(kind, *made.compare(f"{model}-sgd", f"{model}-sgd")))
        return [row for model in chosen for row in rows[model]]

    rows = _run(body, out, seeds, jobs, data, as_json)
    _draw_accuracy(out / "accuracy.png", rows, chosen)
    if not as_json:
        _show(f"{dataset}, {epochs} epochs", rows, ("network", "optimizer", "cycles_per_step"))


def _draw_accuracy(path: Path, rows: list[dict[str, Any]], models: list[str]) -> None:
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    for model in models:
        mine = [r for r in rows if r["network"] == model and r["optimizer"] == "circuit"]
        axes.errorbar(
            [r["cycles_per_step"] for r in mine],
            [r["difference"] for r in mine],
            yerr=[r["difference_error"] or 0 for r in mine],
            marker="o",
            capsize=3,
            label=model,
        )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhspan(-MARGIN, MARGIN, alpha=0.12, label=f"± {MARGIN} points")
    axes.set_xscale("log", base=2)
    axes.set(xlabel="cycles per step L", ylabel="points above float SGD")
    axes.legend()
    _save(figure, path)


@study.command()
def length(
    out: Out,
    model: Annotated[str, typer.Option(help="vgg16, resnet18 or mobilenetv2.")] = "vgg16",
    seeds: Seeds = 3,
    epochs: Epochs = 5,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    width: Width = None,
    longest: Annotated[int, typer.Option(help="Largest L, a power of two.")] = 64,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Study accuracy against cycles per step, counter widths and generators.

    Four series, each with error bars over the seeds: L from 1 upwards; bits of the momentum
    counter; bits of the weight counter behind the binary point; generators, shared with
    rotations or one a lane. Writes summary.csv, runs.csv and length.png.
    """
    from fixedpoint.parameters import check_integer

    check_integer("longest", longest, 1, 64)
    base, reference = _settings(model, dataset, images, epochs, width)
    series = {
        "cycles per step": {
            str(n): with_length(base, n) for n in (1, 2, 4, 8, 16, 32, 64) if n <= longest
        },
        # The periods of LFSRs of these widths have large factors, so that hardly any number of
        # cycles a step leaves a parameter with the same few words in all steps. (13 bits are
        # those of the gradients' own generator.)
        "momentum bits": {
            str(bits): base.replace(momentum_bits=bits) for bits in (7, 9, 11, 15)
        },
        "weight fraction bits": {
            str(bits): base.replace(weight_bits=bits + 3, weight_fraction=bits)
            for bits in (9, 11, 13, 15)
        },
        "generator": {
            f"{kind} {sharing}": base.replace(generator=kind, sharing=sharing)
            for kind in ("lfsr", "sobol")
            for sharing in ("rotation", "per-lane")
        },
    }
    _in_series(series, reference, out, "length.png", seeds, jobs, data, as_json)


@study.command()
def settings(
    out: Out,
    model: Annotated[str, typer.Option(help="vgg16, resnet18 or mobilenetv2.")] = "resnet18",
    seeds: Seeds = 3,
    epochs: Epochs = 6,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    width: Width = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Study what the settings of training do to accuracy at one cycle a step.

    One setting at a time, with error bars over the seeds: learning rate; beta of the
    momentum; the root mean square to which the scale brings gradients; learning rates by
    the size of each tensor's weights or one for all. Writes summary.csv, runs.csv and
    settings.png.
    """
    base, reference = _settings(model, dataset, images, epochs, width)
    assert base.lr is not None  # a configuration fills it in
    series = {
        "learning rate": {
            f"{base.lr * k:g}": base.replace(lr=base.lr * k) for k in (0.5, 1, 2)
        },
        "beta": {
            f"{m - 1}/{m}": base.replace(momentum=1 - 1 / m, lr=base.lr) for m in (8, 16, 32)
        },
        "gradient scale": {
            f"{2.0**k:g}": base.replace(scale=f"auto{k:+}") if k else base
            for k in (-2, -1, 0, 1)
        },
        "rates": {"by tensor": base, "one for all": base.replace(layerwise=False)},
    }
    _in_series(series, reference, out, "settings.png", seeds, jobs, data, as_json)


def _settings(
    model: str, dataset: str, images: int | None, epochs: int, width: float | None
) -> tuple[Configuration, Configuration]:
    """Return the settings of training by the circuit, and by float SGD."""
    from stochastic.training import Configuration

    own = SETTINGS.get(model, {})
    circuit = Configuration(
        model=model,
        width=own.get("width", 1.0) if width is None else width,
        optimizer="dsc-momentum",
        lr=own.get("dsc-momentum"),
        layerwise=True,
        dataset=dataset,
        images=images,
        epochs=epochs,
    )
    return circuit, circuit.replace(optimizer="sgd", lr=own.get("sgd"), layerwise=False)


def _in_series(
    series: dict[str, dict[str, Configuration]],
    reference: Configuration,
    out: Path,
    picture: str,
    seeds: int,
    jobs: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make the runs of some series, each of values of one setting, beside a reference."""

    def body(made: _Study) -> list[dict[str, Any]]:
        # Settings that stand in several series are trained once.
        kinds: dict[Configuration, str] = {reference: "float"}
        for name, values in series.items():
            for value, settings in values.items():
                kinds.setdefault(settings, f"{name}-{value}".translate(_IN_A_FILE_NAME))
        made.make({kind: settings for settings, kind in kinds.items()})
        rows = [_row({"series": "float SGD", "value": ""}, *made.compare("float", "float"))]
        for name, values in series.items():
            for value, settings in values.items():
                found = made.compare(kinds[settings], "float")
                rows.append(_row({"series": name, "value": value}, *found))
        return rows

    rows = _run(body, out, seeds, jobs, data, as_json)
    _draw_series(out / picture, rows, list(series))
    if not as_json:
        title = f"{reference.model}, {reference.dataset}, {reference.epochs} epochs"
        _show(title, rows, ("series", "value"))


def _draw_series(path: Path, rows: list[dict[str, Any]], series: list[str]) -> None:
    pyplot = _pyplot()
    figure, all_axes = pyplot.subplots(
        1, len(series), figsize=(3 * len(series), 3.6), layout="constrained", sharey=True
    )
    level = rows[0]
    for axes, name in zip(all_axes, series, strict=True):
        mine = [row for row in rows if row["series"] == name]
        error = level["accuracy_error"] or 0
        axes.axhspan(level["accuracy"] - error, level["accuracy"] + error, alpha=0.2)
        axes.axhline(level["accuracy"], linewidth=0.8, label="float SGD")
        axes.errorbar(
            [row["value"].replace(" ", "\n") for row in mine],
            [row["accuracy"] for row in mine],
            yerr=[row["accuracy_error"] or 0 for row in mine],
            marker="o",
            linestyle="none" if name in ("generator", "rates") else "-",
            capsize=3,
            color="tab:orange",
            label="circuit",
        )
        axes.set(xlabel=name)
        axes.grid(alpha=0.3)
    all_axes[0].set_ylabel("test accuracy (%)")
    all_axes[0].legend(loc="lower right")
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    _pyplot().close(figure)
