"""``goldstream study rates``: learning rates chosen on held-out training images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import writing

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
    Seeds,
    Validation,
    Width,
    base_of,
    different_models,
    file_name,
    has_lengths,
    more_optimizers,
    settings_of,
    with_length,
)

if TYPE_CHECKING:
    from stochastic.training import Configuration

__all__ = ["rates"]

# At most this many times the first rate is doubled or halved.
MOST_OCTAVES = 5
LABELS = ("network", "optimizer", "lr", "chosen")


class Search:
    """Search of the learning rate of one network with one optimizer, in powers of two.

    Parameters
    ----------
    settings : Configuration
        With the first rate.
    optimizer : str
        As in the table and in ``rates.json``.
    """

    def __init__(self, settings: Configuration, optimizer: str) -> None:
        self.settings, self.optimizer = settings, optimizer
        self.octaves = [-1, 0, 1]

    def rate(self, octave: int) -> float:
        """Return a learning rate."""
        assert self.settings.lr is not None  # The configuration has set the default.
        return self.settings.lr * 2.0**octave

    def name(self, octave: int) -> str:
        """Return the name of the runs with a rate."""
        return f"{file_name(self.settings.model)}-{self.optimizer}-lr{self.rate(octave):g}"

    def runs(self) -> dict[str, Configuration]:
        """Return the settings of all runs so far by their names."""
        return {self.name(k): self.settings.replace(lr=self.rate(k)) for k in self.octaves}

    def best(self, study: Study) -> int | None:
        """Return the octave of the highest mean accuracy, or None before the first run."""
        means = {k: study.accuracies(self.name(k)) for k in self.octaves}
        found = {k: sum(v.values()) / len(v) for k, v in means.items() if v}
        return max(found, key=lambda k: found[k]) if found else None

    def extended(self, study: Study) -> bool:
        """Add a rate beyond the best one if that is at an end; return whether there is one."""
        best = self.best(study)
        low, high = min(self.octaves), max(self.octaves)
        beyond = {low: low - 1, high: high + 1}.get(best) if best is not None else None
        if beyond is None or abs(beyond) > MOST_OCTAVES:
            return False
        try:
            self.settings.replace(lr=self.rate(beyond))
        except ValueError:
            # The circuit has no such rate.
            return False
        self.octaves = sorted([*self.octaves, beyond])
        return True

    def rows(self, study: Study) -> list[dict[str, Any]]:
        """Return a row for every rate with a finished run."""
        best = self.best(study)
        made = []
        for k in self.octaves:
            chosen = "yes" if k == best else ""
            labels = dict(
                zip(
                    LABELS,
                    (self.settings.model, self.optimizer, f"{self.rate(k):g}", chosen),
                    strict=True,
                )
            )
            row = study.row(labels, self.name(k), self.name(0))
            if row is not None:
                made.append(row)
        return made


def rates(
    out: Out,
    models: Models = None,
    seeds: Seeds = 1,
    epochs: Epochs = 4,
    images: Images = None,
    validation: Validation = 1000,
    dataset: DataSet = "fashion-mnist-subset",
    data: Data = None,
    augment: Augment = False,
    width: Width = None,
    optimizers: Optimizers = None,
    formats: Formats = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Choose learning rates of float SGD and of the circuits on held-out training images.

    For each network and optimizer the rate is doubled and halved until the best one has
    neighbours on both sides. The test images are not used. Writes summary.csv, runs.csv, and
    rates.json for `goldstream study accuracy --rates`, after every run. The circuits have one
    cycle per step.

    Example: goldstream study rates --model vgg16 --validation 1000 --out runs/rates
    """
    check_integer("--validation", validation, 1, 1 << 31)
    more = more_optimizers(optimizers)
    searches = []
    for model in different_models(models):
        base = base_of(model, dataset, images, epochs, width, augment, validation)
        searches.append(Search(settings_of(base, "sgd"), "sgd"))
        for optimizer in ("dsc-momentum", *more):
            settings = settings_of(base, optimizer)
            if has_lengths(settings):
                settings = with_length(settings, 1)
            searches.append(Search(settings, optimizer))
        for fmt in dict.fromkeys(formats or []):
            searches.append(Search(settings_of(base, "fixed-stochastic", fmt), fmt))
    with study_in(out, seeds, jobs, data, hidden=as_json) as study:

        def write() -> list[dict[str, Any]]:
            chosen: dict[str, dict[str, float]] = {}
            for search in searches:
                if (best := search.best(study)) is not None:
                    of_model = chosen.setdefault(search.settings.model, {})
                    of_model[search.optimizer] = search.rate(best)
            with writing(out / "rates.json") as file:
                file.write(json.dumps(chosen, indent=2) + "\n")
            rows = [row for search in searches for row in search.rows(study)]
            if rows:
                study.write(rows)
            return rows

        pending = searches
        while pending:
            runs = {name: run for one in pending for name, run in one.runs().items()}
            study.train(runs, write)
            pending = [search for search in pending if search.extended(study)]
        rows = write()
        title = f"{dataset}, {validation} images held out, {study.progress()}"
    print_rows(title, rows, LABELS, as_json, reference="the first rate")
