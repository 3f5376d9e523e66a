"""The accuracy of a trained network on streams, for one task of a study."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import json_object
from fixedpoint.circuit.files import read_text

from .any_study import Rows
from .network_study import COUNTED_ONLY, NetworkStudy, NetworkTask
from .study import digest_of

__all__ = ["check_network", "evaluate_network", "kind_of", "run_digest"]

# Training images from which the formats of a counted network are chosen.
SCALED = 50


@dataclasses.dataclass(frozen=True)
class _Trained:
    """A trained network with its test images.

    Attributes
    ----------
    name, dataset : str
    model : torch.nn.Module
    range : int or None
        That of neurons, which they were trained for.
    images : uint8 array or float tensor
    labels : int array
    scaled : the same as `images`, or None
        Images to choose formats on.
    correct : float
        Of the network without streams, in per cent.
    """

    name: str
    dataset: str
    model: Any
    range: int | None
    images: Any
    labels: NDArray[np.int64]
    scaled: Any
    correct: float


def kind_of(folder: Path) -> str:
    """Return "neurons" for a run on integral streams, else "counted".

    A run that was stopped counts, with the weights of its last finished epoch.

    Raises
    ------
    FileNotFoundError
        If the folder has no configuration, or no checkpoint of a finished epoch.
    ValueError
        If the configuration is of something else.
    """
    path = folder / "configuration.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no run: there is no configuration")
    if not (folder / "checkpoint.pt").is_file():
        raise FileNotFoundError(f"{folder} holds no trained network: there is no checkpoint")
    kind = json_object(read_text(path)).get("type")
    if kind not in ("StreamTraining", "Configuration"):
        raise ValueError(f"{path} is no configuration of a network")
    return "neurons" if kind == "StreamTraining" else "counted"


def run_digest(folder: Path) -> str:
    """Return a digest of configuration and weights of a run."""
    return digest_of([folder / "configuration.json", folder / "checkpoint.pt"])


def check_network(study: NetworkStudy, folder: Path, data: Path | None) -> None:
    """Raise a ValueError for what the network of a study does not offer, before it begins."""
    if study.kind == "neurons":
        for name in COUNTED_ONLY:
            default = NetworkStudy.__dataclass_fields__[name].default
            if getattr(study, name) != default:
                raise ValueError(
                    f"{folder} has neurons on integral streams, whose study takes no {name}"
                )
    else:
        from stochastic.networks import StreamProduct

        for task in study.tasks():
            StreamProduct.of(
                length=task.lengths[0],
                range=task.range,
                encoding=task.encoding,
                multiplier=task.multiplier,
                kind=task.generator,
                width=task.width,
                seed=task.seed,
                sets=task.sets,
            ).check_counted()
    with _one_thread():
        trained = _trained(folder, data, study.images)
        tasks = study.tasks()
        # Conversions to neurons are quick, and every width is tried.
        neurons = study.kind == "neurons"
        for task in (t for t in tasks if t.seed == 1) if neurons else [next(tasks)]:
            _converted(task, trained)


def evaluate_network(
    study: NetworkStudy, task: NetworkTask, *, folder: Path, data: Path | None = None
) -> Rows:
    """Return one row for each length; the same ones in every process.

    Parameters
    ----------
    study : NetworkStudy
    task : NetworkTask
    folder : pathlib.Path
        Of the run.
    data : pathlib.Path, optional
        Directory of the data set's files.
    """
    with _one_thread():
        trained = _trained(folder, data, study.images)
        labels, layers, width = (
            _of_neurons(task, trained)
            if study.kind == "neurons"
            else _of_counted(task, trained)
        )
    rows = []
    count = len(trained.labels)
    range_ = trained.range or task.range
    for length, found in zip(task.lengths, labels, strict=True):
        errors = int((found != trained.labels).sum())
        right = 1 - errors / count
        counted = study.kind == "counted"
        row = {
            "network": trained.name,
            "dataset": trained.dataset,
            "kind": study.kind,
            "length": length,
            "range": range_,
            # Counts go on when all cycles of a layer are over, bits of neurons at once.
            "cycles": length * layers if counted else length,
            "bits": length * range_,
            "width": width,
            "generator": task.generator,
            "encoding": task.encoding if counted else None,
            "multiplier": task.multiplier if counted else None,
            "sets": task.sets if counted else None,
            "correction": task.correction if counted else None,
            "seed": task.seed,
            "images": count,
            "errors": errors,
            "accuracy": 100 * right,
            "accuracy_error": 100 * float(np.sqrt(right * (1 - right) / count)),
            "float_accuracy": trained.correct,
        }
        rows.append({name: row[name] for name in study.columns})
    return rows


def _of_neurons(task: NetworkTask, trained: _Trained) -> tuple[list[Any], int, int]:
    """Return the labels after each length, from one run at the longest."""
    from stochastic.networks import CountedNetwork
    from stochastic.networks.stream_layer import WIDTH

    network = _converted(task, trained)
    assert not isinstance(network, CountedNetwork)
    last = len(network.layers) - 1
    labels = np.zeros((len(task.lengths), len(trained.labels)), np.int64)
    places = {length - 1: place for place, length in enumerate(task.lengths)}
    for begin in range(0, len(trained.labels), network.block):
        part = slice(begin, begin + network.block)

        def judge(cycle: int, layer: int, values: NDArray[Any], part: slice = part) -> None:
            if layer == last and cycle in places:
                labels[places[cycle], part] = values.argmax(axis=1)

        network.run(trained.images[part], trace=judge)
    width = WIDTH if task.width is None else task.width
    return list(labels), len(network.layers), width


def _of_counted(task: NetworkTask, trained: _Trained) -> tuple[list[Any], int, int]:
    """Return the labels of the one length of a task."""
    from stochastic.networks import CountedLayer, CountedNetwork

    network = _converted(task, trained)
    assert isinstance(network, CountedNetwork)
    layers = sum(isinstance(layer, CountedLayer) for layer in network.modules())
    return [network.classify(trained.images)], layers, network.product.width


def _converted(task: NetworkTask, trained: _Trained) -> Any:
    """Return the network on streams, of the longest length of a task."""
    from stochastic.networks import convert

    return convert(
        trained.model,
        length=max(task.lengths),
        range=trained.range or task.range,
        width=task.width,
        seed=task.seed,
        images=trained.scaled,
        encoding=task.encoding,
        multiplier=task.multiplier,
        generator=task.generator,
        sets=task.sets,
        bias_correction=task.correction == "bias",
    )


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch work in one thread: the tasks share the processors."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@functools.lru_cache(maxsize=1)
def _trained(folder: Path, data: Path | None, count: int) -> _Trained:
    """Return the network of a run with its first test images."""
    load = _load_neurons if kind_of(folder) == "neurons" else _load_counted
    return load(folder, data, count)


def _load_neurons(folder: Path, data: Path | None, count: int) -> _Trained:
    import torch

    from stochastic.networks import load_trained
    from stochastic.training import load

    settings, model = load_trained(folder)
    images = load(settings.dataset, data)
    test = images.test_images[:count]
    labels = images.test_labels[:count].astype(np.int64)
    grey = torch.from_numpy(test.astype(np.float32) / np.float32(255))
    scaled = test[:SCALED] if getattr(settings, "convolutions", ()) else None
    hidden = "-".join(map(str, settings.hidden))
    return _Trained(
        name=f"{hidden or 'linear'} neurons",
        dataset=settings.dataset,
        model=model,
        range=settings.range,
        images=test,
        labels=labels,
        scaled=scaled,
        correct=_accuracy(model, grey, labels),
    )


def _load_counted(folder: Path, data: Path | None, count: int) -> _Trained:
    import torch

    from stochastic.training import Run
    from stochastic.training.runs.images import load_images

    run = Run(folder, data_directory=data)
    settings = run.configuration
    images = load_images(settings, data, run.code_directory)
    train, test = images.normalized()
    labels = images.test_labels[:count].astype(np.int64)
    pictures = torch.from_numpy(test[:count])
    model = run.trainer.model.cpu().eval()
    return _Trained(
        name=settings.model,
        dataset=settings.dataset,
        model=model,
        range=None,
        images=pictures,
        labels=labels,
        scaled=torch.from_numpy(train[:SCALED]),
        correct=_accuracy(model, pictures, labels),
    )


def _accuracy(model: Any, images: Any, labels: NDArray[np.int64]) -> float:
    """Return the share of right labels of the network without streams, in per cent."""
    import torch

    with torch.no_grad():
        found = torch.cat([model(part).argmax(dim=1) for part in images.split(100)])
    return 100 * float((found.numpy() == labels).mean())
