"""``goldstream study accuracy``: the circuits' test accuracy beside that of float SGD."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixedpoint.circuit import check_choice, json_object
from fixedpoint.circuit.files import read_text

from .study_pictures import draw_accuracy
from .study_runs import Study, print_rows, study_in
from .training_studies import (
    AsJson,
    Augment,
    Data,
    DataSet,
    Epochs,
    Formats,
    Images,
    Jobs,
    Models,
    Optimizers,
    Out,
    Rates,
    Seeds,
    Width,
    base_of,
    different_models,
    file_name,
    has_lengths,
    more_optimizers,
    settings_of,
    with_length,
    with_sobol,
)

if TYPE_CHECKING:
    from stochastic.training import Configuration

__all__ = ["accuracy", "read_rates"]

# A difference from float SGD of up to this number of points counts as equal.
MARGIN = 0.5
LENGTHS = (1, 4, 16, 64)
LABELS = ("network", "optimizer", "cycles_per_step")


@dataclasses.dataclass
class Series:
    """Runs of one network with one optimizer, one length after the other.

    Attributes
    ----------
    model, optimizer : str
        As in the table.
    runs : dict of str to (int or "", Configuration)
        Cycles per step and settings by the names of the runs, in their order. The next ones
        are made while no one before came as close to float SGD as `MARGIN`.
    """

    model: str
    optimizer: str
    runs: dict[str, tuple[int | str, Configuration]]

    def rows(self, study: Study) -> list[dict[str, Any]]:
        """Return a row for every name of which a run is finished."""
        made = []
        for name, (cycles, _) in self.runs.items():
            labels = dict(zip(LABELS, (self.model, self.optimizer, cycles), strict=True))
            row = study.row(labels, name, _reference(self.model))
            if row is not None:
                made.append(row)
        return made

    def next(self, study: Study) -> str | None:
        """Return the name of the run to make next, or None if the series is done."""
        for name, (cycles, _) in self.runs.items():
            if name not in study.trained:
                return name
            row = study.row({}, name, _reference(self.model))
            assert row is not None  # All its runs are finished.
            if cycles and row["difference"] >= -MARGIN:
                return None
        return None


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
    per_lane: Annotated[
        bool,
        typer.Option("--per-lane", help="Train with a generator for each lane of it, too."),
    ] = False,
    sobol: Annotated[
        bool,
        typer.Option(
            "--sobol",
            help="Train with a Sobol generator for each lane, too, and gradients that are "
            "scaled to 1 / L of full scale.",
        ),
    ] = False,
    optimizers: Optimizers = None,
    formats: Formats = None,
    rates: Rates = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Train networks with float SGD and with circuits, and compare.

    For each network the cycles per step L increase from 1 to 4, 16 and 64 until the mean
    accuracy is at most 0.5 points below float SGD with the same schedule, initial weights and
    order of images. After every run the command writes summary.csv, runs.csv and
    accuracy.png, which tell how many runs are finished. A study that was interrupted resumes,
    and may have more seeds or optimizers then.

    Example: goldstream study accuracy --model vgg16 --seeds 2 --out runs/accuracy
    """
    selected = different_models(models)
    chosen = {} if rates is None else read_rates(rates)
    for model in selected:
        if rates is not None and model not in chosen:
            known = f"those of {', '.join(chosen)}" if chosen else "none"
            raise ValueError(f"{rates} has no learning rates of {model}, but {known}")
    more = more_optimizers(optimizers)
    series = [
        one
        for model in selected
        for one in _series(
            base_of(model, dataset, images, epochs, width, augment),
            chosen.get(model),
            per_lane,
            sobol,
            more,
            formats or [],
        )
    ]
    with study_in(out, seeds, jobs, data, hidden=as_json) as study:

        def write() -> list[dict[str, Any]]:
            rows = [row for one in series for row in one.rows(study)]
            if rows:
                study.write(rows)
                draw_accuracy(
                    out / "accuracy.png", rows, selected, MARGIN, title=study.progress()
                )
            return rows

        study.collect({n: run for one in series for n, (_, run) in one.runs.items()})
        write()
        while names := {name: one for one in series if (name := one.next(study)) is not None}:
            study.train({name: one.runs[name][1] for name, one in names.items()}, write)
        rows = write()
        title = f"{dataset}, {epochs} epochs, {study.progress()}"
    print_rows(title, rows, LABELS, as_json)


def read_rates(path: Path) -> dict[str, dict[str, float]]:
    """Return learning rates by network and optimizer from a file of ``study rates``.

    Raises
    ------
    ValueError
        If the file cannot be read or holds something else.
    """
    from stochastic.training import OPTIMIZERS
    from stochastic.training.runs.training_roles import FORMATS

    rates = json_object(read_text(path))
    for model, of_model in rates.items():
        if not isinstance(of_model, dict) or not all(
            isinstance(rate, int | float) and rate > 0 for rate in of_model.values()
        ):
            raise ValueError(
                f"{path} must hold positive learning rates by network and optimizer, but "
                f"{model} has {of_model!r}"
            )
        for name in of_model:
            check_choice(f"learning rates of {model} in {path}", name, (*OPTIMIZERS, *FORMATS))
    return rates


def _reference(model: str) -> str:
    return f"{file_name(model)}-sgd"


def _series(
    base: Configuration,
    rates: dict[str, float] | None,
    per_lane: bool,
    sobol: bool,
    optimizers: list[str],
    formats: list[str],
) -> list[Series]:
    """Return what is to be trained of one network, the reference first."""
    model, name = base.model, file_name(base.model)
    reference = settings_of(base, "sgd", rates=rates)
    made = [Series(model, "float SGD", {_reference(model): ("", reference)})]
    circuit = settings_of(base, "dsc-momentum", rates=rates)
    circuits = {"circuit": ("dsc", circuit, with_length)}
    if per_lane:
        settings = circuit.replace(sharing="per-lane")
        circuits["circuit, generators per lane"] = "per-lane", settings, with_length
    if sobol:
        circuits["circuit, Sobol generators"] = "sobol", circuit, with_sobol
    for optimizer in optimizers:
        settings = settings_of(base, optimizer, rates=rates)
        circuits[optimizer] = optimizer, settings, with_length
    for label, (short, settings, lengthen) in circuits.items():
        runs: dict[str, tuple[int | str, Configuration]] = {f"{name}-{short}": ("", settings)}
        if has_lengths(settings):
            runs = {
                f"{name}-{short}-L{length}": (length, lengthen(settings, length))
                for length in LENGTHS
            }
        made.append(Series(model, label, runs))
    for fmt in dict.fromkeys(formats):
        settings = settings_of(base, "fixed-stochastic", fmt, rates)
        made.append(Series(model, f"fixed point, {fmt}", {f"{name}-{fmt}": ("", settings)}))
    return made
