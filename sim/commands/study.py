"""``goldstream study``: tables and pictures of accuracy from many training runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixedpoint.circuit import check_integer

from .study_accuracy import accuracy
from .study_circuit import circuit
from .study_invertible import invertible
from .study_network import network
from .study_pictures import draw_series
from .study_rates import rates
from .study_runs import print_rows, study_in
from .training_studies import (
    AsJson,
    Augment,
    Data,
    DataSet,
    Epochs,
    Images,
    Jobs,
    Model,
    Out,
    Seeds,
    Validation,
    Width,
    base_of,
    file_name,
    settings_of,
    with_length,
    with_sobol,
)

if TYPE_CHECKING:
    from stochastic.training import Configuration

__all__ = ["study"]

study = typer.Typer(
    help="Accuracy of circuits on streams and of training runs, and invertible circuits.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

study.command()(accuracy)
study.command()(circuit)
study.command()(invertible)
study.command()(network)
study.command()(rates)


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
    common = base_of(model, dataset, images, epochs, width)
    base, reference = settings_of(common, "dsc-momentum"), settings_of(common, "sgd")
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
    validation: Validation = 0,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    augment: Augment = False,
    width: Width = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Study accuracy against the settings of training.

    One setting at a time, with error bars over the seeds: learning rate; beta of the
    momentum; root mean square of the scaled gradients; learning rates by the size of each
    tensor's weights or one for all; and, at four cycles per step instead of one, generators
    and root mean square. Writes summary.csv, runs.csv and settings.png. With
    --validation the accuracy is that on held-out training images, so that settings can be
    chosen without the test images.

    Example: goldstream study settings --seeds 2 --validation 1000 --out runs/settings
    """
    common = base_of(model, dataset, images, epochs, width, augment, validation)
    base, reference = settings_of(common, "dsc-momentum"), settings_of(common, "sgd")
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
        # The number is the root mean square. Gradients that do not saturate move weights as
        # far in all.
        "L = 4": {
            "LFSR, 1": with_length(base, 4),
            "LFSR, 1/4": with_length(base.replace(scale="auto-2", lr=4 * base.lr), 4),
            "Sobol, 1": with_length(base.replace(generator="sobol", sharing="per-lane"), 4),
            "Sobol, 1/4": with_sobol(base, 4),
        },
    }
    _run_series(series, reference, out, "settings.png", seeds, jobs, data, as_json)


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
            names.setdefault(settings, file_name(f"{name}-{value}"))
    with study_in(out, seeds, jobs, data, hidden=as_json) as runs:
        runs.train({name: settings for settings, name in names.items()})
    made = [runs.row({"series": "float SGD", "value": ""}, "float", "float")]
    for name, values in series.items():
        for value, settings in values.items():
            labels = {"series": name, "value": value}
            made.append(runs.row(labels, names[settings], "float"))
    rows = [row for row in made if row is not None]
    runs.write(rows)
    draw_series(out / picture, rows, list(series))
    title = f"{reference.model}, {reference.dataset}, {reference.epochs} epochs"
    print_rows(title, rows, ("series", "value"), as_json)
