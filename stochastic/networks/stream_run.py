"""A training run in a folder, with configuration and checkpoint; it resumes."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit import Parameters, check_integer, json_object
from fixedpoint.circuit.files import check_directory, read_text, writing

from ..training.datasets import Dataset, load
from .augmentation import distort
from .simulated_forward import simulated_forward
from .stream_conv2d import StreamConv2d
from .stream_linear import StreamLinear
from .stream_training import StreamTraining

__all__ = ["StreamRun", "load_trained"]

HEADINGS = ("epoch", "loss", "test_error", "seconds")


class StreamRun:
    """One training run of a network on integral streams, and its folder.

    The folder holds ``configuration.json``, ``checkpoint.pt`` and ``epochs.csv``. A run that
    was interrupted continues from its last epoch, with the bits of an uninterrupted one.

    Parameters
    ----------
    folder : path
    configuration : StreamTraining, optional
        By default that of the run in the folder.
    data_directory : path, optional
        Directory of the data set's files.
    start : StreamRun, optional
        The finished run of ``configuration.start``.
    """

    def __init__(
        self,
        folder: str | Path,
        configuration: StreamTraining | None = None,
        *,
        data_directory: str | Path | None = None,
        start: StreamRun | None = None,
    ) -> None:
        self.folder = Path(folder)
        stored = None
        if (self.folder / "configuration.json").exists() or configuration is None:
            stored = _read_training(self.folder)
        if configuration is not None and stored not in (None, configuration):
            raise ValueError(
                f"{self.folder} holds a run with other settings: give the same settings to go "
                "on with it, or another folder"
            )
        settings = configuration or stored
        assert settings is not None
        self.configuration: StreamTraining = settings
        if settings.start is not None and (
            start is None or start.configuration != settings.start or not start.done
        ):
            raise ValueError("the run needs the finished run that it starts from")
        self.data = data = load(settings.dataset, data_directory)
        images = data.train_images
        if not 0 <= settings.validation < len(images):
            raise ValueError(
                f"validation must be between 0 and {len(images) - 1}, not {settings.validation}"
            )
        self._train, self._train_labels = _tensors(data, settings, test=False)
        self._test, self._test_labels = _tensors(data, settings, test=True)
        check_integer("batch_size", settings.batch_size, 1, len(self._train))
        self._steps = len(self._train) // settings.batch_size
        channels, height, width = images.shape[1:]
        features = settings.features(channels, height, width)
        self._noise = torch.Generator().manual_seed(settings.seed).get_state()
        with self._own_noise():
            self.model = settings.model(channels, features, data.classes)
        if start is not None:
            settings.adopt(self.model, start.model.state_dict())
        self._generator = torch.Generator().manual_seed(settings.seed)
        self._stages = self._make_stages()
        self.rows: list[tuple[Any, ...]] = []
        if self.checkpoint.exists():
            self._resume()
        check_directory(self.folder)
        if stored is None:
            with writing(self.folder / "configuration.json") as file:
                json.dump(settings.to_dict(), file, indent=2)
                file.write("\n")

    @property
    def checkpoint(self) -> Path:
        """File from which the run continues."""
        return self.folder / "checkpoint.pt"

    @property
    def done(self) -> bool:
        """Whether all epochs are finished."""
        return len(self.rows) == self.configuration.all_epochs

    @contextmanager
    def _own_noise(self) -> Iterator[None]:
        """Let torch's generator have the state of this run for a while.

        Weights and noise come from it, whatever else draws from it in between.
        """
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._noise)
            try:
                yield
            finally:
                self._noise = torch.get_rng_state()

    def _make_stages(self) -> tuple[tuple[Any, Any], ...]:
        """Return optimizer and schedule of the law and of the loop."""
        settings = self.configuration
        parameters = list(self.model.parameters())
        scale = settings.range**0.5
        law = torch.optim.Adam(parameters, settings.rate * scale, betas=(0.9, 0.99))
        loop = torch.optim.Adam(parameters, settings.loop_rate * scale, betas=(0.9, 0.99))
        return (
            (
                law,
                torch.optim.lr_scheduler.OneCycleLR(
                    law,
                    settings.rate * scale,
                    total_steps=max(1, settings.epochs * self._steps),
                    pct_start=0.15,
                ),
            ),
            (
                loop,
                torch.optim.lr_scheduler.LinearLR(
                    loop, 1.0, 0.0, total_iters=max(1, settings.loop_epochs * self._steps)
                ),
            ),
        )

    def train(self, progress: Callable[[int, int, float], None] | None = None) -> nn.Module:
        """Train until the last epoch and return the network, in evaluation mode.

        Parameters
        ----------
        progress : callable, optional
            Called with the number of finished steps, of all steps, and the last test error.
        """
        settings = self.configuration
        total = settings.all_epochs * self._steps
        while not self.done:
            begin, losses = time.perf_counter(), 0.0
            epoch = len(self.rows)
            looped = epoch >= settings.epochs
            optimizer, schedule = self._stages[looped]
            order = torch.randperm(len(self._train), generator=self._generator)
            self.model.train()
            for step in range(self._steps):
                chosen = order[step * settings.batch_size : (step + 1) * settings.batch_size]
                number = epoch * self._steps + step
                with self._own_noise():
                    seed = 1 + number % 9973 if looped else None
                    losses += self._step(chosen, optimizer, seed)
                schedule.step()
                if progress is not None and step % 20 == 0:
                    progress(number, total, self.rows[-1][2] if self.rows else float("nan"))
            error = self.law_error()
            seconds = time.perf_counter() - begin
            loss = losses / self._steps
            self.rows.append((epoch + 1, round(loss, 5), error, round(seconds, 2)))
            self._save()
        return self.model.eval()

    def _step(self, chosen: torch.Tensor, optimizer: Any, seed: int | None) -> float:
        images = self._train[chosen]
        if self.configuration.augment:
            images = distort(images, self._generator)
        sums = (
            self.model(images) if seed is None else simulated_forward(self.model, images, seed)
        )
        # The sums of range m have sqrt(m) times the spread of those of range 1.
        logits = sums / self.configuration.range**0.5
        loss = functional.cross_entropy(logits, self._train_labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for layer in self.model.modules():
            if isinstance(layer, (StreamConv2d, StreamLinear)):
                layer.clamp_()
        return loss.item()

    @torch.no_grad()
    def law_error(self) -> float:
        """Return the misclassification in % of the transfer law without noise."""
        self.model.eval()
        # The maps of all images at once would take gigabytes.
        found = torch.cat([self.model(part).argmax(1) for part in self._test.split(1000)])
        wrong = found != self._test_labels
        return round(100 * wrong.double().mean().item(), 4)

    def _save(self) -> None:
        with writing(self.folder / "epochs.csv") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEADINGS)
            table.writerows(self.rows)
        state = {
            "model": self.model.state_dict(),
            "stages": [[part.state_dict() for part in stage] for stage in self._stages],
            "generator": self._generator.get_state(),
            "torch": self._noise,
            "rows": self.rows,
        }
        with writing(self.checkpoint, "wb") as file:
            torch.save(state, file)

    def _resume(self) -> None:
        with _checkpoint(self.checkpoint) as state:
            self.model.load_state_dict(state["model"])
            for stage, parts in zip(self._stages, state["stages"], strict=True):
                for part, values in zip(stage, parts, strict=True):
                    part.load_state_dict(values)
            self._generator.set_state(state["generator"])
            self._noise = state["torch"]
            self.rows = state["rows"]


@contextmanager
def _checkpoint(path: Path) -> Iterator[dict[str, Any]]:
    """Give the content of a checkpoint; an error while it is used speaks of the file."""
    if not path.exists():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    try:
        yield torch.load(path, weights_only=True)
    except OSError:
        raise
    except Exception as error:
        # A file that is no checkpoint can raise anything.
        reason = str(error).strip().split("\n")[0].rstrip(":")
        raise ValueError(f"{path} is no checkpoint of this network: {reason}") from None


def load_trained(folder: str | Path) -> tuple[StreamTraining, nn.Sequential]:
    """Return configuration and network of a run, without its data set.

    Raises
    ------
    FileNotFoundError
        If there is no configuration or no checkpoint.
    ValueError
        If a file is corrupt, or the checkpoint is that of another network.
    """
    settings = _read_training(Path(folder))
    with _checkpoint(Path(folder) / "checkpoint.pt") as state:
        weights = state["model"]
        every = [w for name, w in weights.items() if name.endswith("weight")]
        features = next(w.shape[1] for w in every if w.ndim == 2)
        model = settings.model(every[0].shape[1], features, every[-1].shape[0])
        model.load_state_dict(weights)
    return settings, model.eval()


def _read_training(folder: Path) -> StreamTraining:
    """Return the configuration of the run in a folder."""
    path = Path(folder) / "configuration.json"
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no run: there is no configuration")
    settings = Parameters.from_dict(json_object(read_text(path)))
    if not isinstance(settings, StreamTraining):
        raise ValueError(f"{path} describes a {type(settings).__name__}, not a StreamTraining")
    return settings


def _tensors(
    data: Dataset, settings: StreamTraining, *, test: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images as grey levels 0..1, and labels."""
    split = len(data.train_images) - settings.validation
    images, labels = data.train_images[:split], data.train_labels[:split]
    if test and settings.validation:
        images, labels = data.train_images[split:], data.train_labels[split:]
    elif test:
        images, labels = data.test_images, data.test_labels
    grey = torch.from_numpy(images.astype(np.float32) / np.float32(255))
    return grey, torch.from_numpy(labels.astype(np.int64))
