"""``goldstream study``: tables and pictures of accuracy from many training runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixedpoint.circuit import check_integer

from .study_circuit import circuit
from .study_invertible import invertible
from .study_pictures import draw_accuracy, draw_series
from .study_runs import print_rows, study_in

if TYPE_CHECKING:
    from stochastic.training import Configuration

__all__ = ["study"]

study = typer.Typer(
    help="Accuracy of circuits on streams and of training runs, and invertible circuits.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

# Widths for which training takes minutes on a core, and learning rates of float SGD and of
# the circuit, chosen on held-out training images (`goldstream train --validation`).
SETTINGS: dict[str, dict[str, float]] = {
    "vgg16": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.006},
    "resnet18": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.01},
    "mobilenetv2": {"width": 1 / 4, "sgd": 0.03, "dsc-momentum": 0.01},
}
# A difference from float SGD of up to this number of points counts as equal.
MARGIN = 0.5
LENGTHS = (1, 4, 16, 64)

_FILE_NAME_CHARACTERS = str.maketrans(" /", "--")

Out = Annotated[Path, typer.Option(help="Folder of the study; runs that it holds are resumed.")]
Model = Annotated[str, typer.Option(help="The network: vgg16, resnet18 or mobilenetv2.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A network to train; may be repeated; by default all three."),
]
Seeds = Annotated[
    int,
    typer.Option(
        help="How many runs of each configuration to make, with the seeds 1, 2 and so on."
    ),
]
Epochs = Annotated[int, typer.Option(help="How many times to go through the training images.")]
Images = Annotated[
    int | None, typer.Option(help="How many training images to use at most; by default all.")
]
DataSet = Annotated[
    str,
    typer.Option(help="The data set: fashion-mnist-subset, fashion-mnist, cifar-10 or digits."),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Directory of the data set, if it is not part of the package."),
]
Augment = Annotated[
    bool,
    typer.Option("--augment", help="Shift and mirror training images, anew in every epoch."),
]
Width = Annotated[
    float | None,
    typer.Option(
        help="Factor by which all layers have more or fewer channels; by default the study's."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(help="How many runs to train side by side; by default one for each core."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for machines instead of text.")
]

study.command()(circuit)
study.command()(invertible)


def with_length(settings: Configuration, length: int) -> Configuration:
    """Return the settings with `length` cycles per step.

    A weight has 20 bits, 17 of them fraction bits, or fewer fraction bits if the weight and
    the log2(length) additional bits would exceed the 24 bits of float32.
    """
    bits = min(20, 24 - (length.bit_length() - 1))
    return settings.replace(cycles_per_step=length, weight_bits=bits, weight_fraction=bits - 3)


@study.command()
def accuracy(
    out: Out,
    models: Models = None,
    seeds: Seeds = 3,
    epochs: Epochs = 6,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    augment: Augment = False,
    width: Width = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Train networks with float SGD and with the circuit, and compare.

    For each network the cycles per step L increase from 1 to 4, 16 and 64 until the mean
    accuracy is at most 0.5 points below float SGD with the same schedule, initial weights and
    order of images. Writes summary.csv, runs.csv and accuracy.png.

    Example: goldstream study accuracy --model vgg16 --seeds 2 --out runs/accuracy
    """
    selected = list(dict.fromkeys(models or SETTINGS))
    configurations = {
        model: _settings(model, dataset, images, epochs, width, augment) for model in selected
    }
    rows: dict[str, list[dict[str, Any]]] = {model: [] for model in selected}
    with study_in(out, seeds, jobs, data, hidden=as_json) as runs:
        pending = {f"{model}-sgd": configurations[model][1] for model in selected}
        waiting = list(selected)
        for length in LENGTHS:
            pending |= {
                f"{m}-dsc-L{length}": with_length(configurations[m][0], length) for m in waiting
            }
            runs.train(pending)
            pending = {}
            for model in tuple(waiting):
                labels = {"network": model, "optimizer": "circuit", "cycles_per_step": length}
                row = runs.row(labels, f"{model}-dsc-L{length}", f"{model}-sgd")
                rows[model].append(row)
                if row["difference"] >= -MARGIN:
                    waiting.remove(model)
    for model in selected:
        labels = {"network": model, "optimizer": "float SGD", "cycles_per_step": ""}
        rows[model].insert(0, runs.row(labels, f"{model}-sgd", f"{model}-sgd"))
    all_rows = [row for model in selected for row in rows[model]]
    runs.write(all_rows)
    draw_accuracy(out / "accuracy.png", all_rows, selected, MARGIN)
    title = f"{dataset}, {epochs} epochs"
    print_rows(title, all_rows, ("network", "optimizer", "cycles_per_step"), as_json)


@study.command()
def length(
    out: Out,
    model: Model = "vgg16",
    seeds: Seeds = 3,
    epochs: Epochs = 5,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    width: Width = None,
    longest: Annotated[
        int, typer.Option(help="The largest number of cycles per step, a power of two.")
    ] = 64,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Study accuracy against cycles per step, counter widths and generators.

    Four series, each with error bars over the seeds: L from 1 upwards; bits of the momentum
    counter; fraction bits of the weight counter; generators, shared with rotations or one per
    lane. Writes summary.csv, runs.csv and length.png.

    Example: goldstream study length --longest 16 --out runs/length
    """
    check_integer("longest", longest, 1, 64)
    base, reference = _settings(model, dataset, images, epochs, width)
    series = {
        "cycles per step": {
            str(n): with_length(base, n) for n in (1, 2, 4, 8, 16, 32, 64) if n <= longest
        },
        # The periods of LFSRs of these widths have large factors, so that for most numbers of
        # cycles per step a parameter does not meet the same few words in all steps. The
        # generator of the gradients has 13 bits.
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
    _run_series(series, reference, out, "length.png", seeds, jobs, data, as_json)


@study.command()
def settings(
    out: Out,
    model: Model = "resnet18",
    seeds: Seeds = 3,
    epochs: Epochs = 6,
    images: Images = None,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    width: Width = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Study accuracy against the settings of training at one cycle per step.

    One setting at a time, with error bars over the seeds: learning rate; beta of the
    momentum; root mean square of the scaled gradients; learning rates by the size of each
    tensor's weights or one for all. Writes summary.csv, runs.csv and settings.png.

    Example: goldstream study settings --seeds 2 --out runs/settings
    """
    base, reference = _settings(model, dataset, images, epochs, width)
    assert base.lr is not None  # The configuration has set the default.
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
    _run_series(series, reference, out, "settings.png", seeds, jobs, data, as_json)


def _settings(
    model: str,
    dataset: str,
    images: int | None,
    epochs: int,
    width: float | None,
    augment: bool = False,
) -> tuple[Configuration, Configuration]:
    """Return the configurations of the circuit and of float SGD."""
    from stochastic.training import Configuration

    defaults = SETTINGS.get(model, {})
    circuit = Configuration(
        model=model,
        width=defaults.get("width", 1.0) if width is None else width,
        optimizer="dsc-momentum",
        lr=defaults.get("dsc-momentum"),
        layerwise=True,
        dataset=dataset,
        images=images,
        epochs=epochs,
        augment=augment,
    )
    return circuit, circuit.replace(optimizer="sgd", lr=defaults.get("sgd"), layerwise=False)


def _run_series(
    series: dict[str, dict[str, Configuration]],
    reference: Configuration,
    out: Path,
    picture: str,
    seeds: int,
    jobs: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Train series of values of one setting each, and a reference."""
    # A configuration in several series is trained once.
    names: dict[Configuration, str] = {reference: "float"}
    for name, values in series.items():
        for value, settings in values.items():
            names.setdefault(settings, f"{name}-{value}".translate(_FILE_NAME_CHARACTERS))
    with study_in(out, seeds, jobs, data, hidden=as_json) as runs:
        runs.train({name: settings for settings, name in names.items()})
    rows = [runs.row({"series": "float SGD", "value": ""}, "float", "float")]
    for name, values in series.items():
        for value, settings in values.items():
            labels = {"series": name, "value": value}
            rows.append(runs.row(labels, names[settings], "float"))
    runs.write(rows)
    draw_series(out / picture, rows, list(series))
    title = f"{reference.model}, {reference.dataset}, {reference.epochs} epochs"
    print_rows(title, rows, ("series", "value"), as_json)
