"""Training: epochs over shuffled batches, the same bits for the same seed, resumable."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit import check_integer

from ..datasets import Dataset
from .recorder import Recorder

__all__ = ["Epoch", "Trainer", "evaluate", "train"]


@dataclasses.dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Attributes
    ----------
    number, epochs : int
        From 1, of how many.
    loss : float
        Mean cross entropy of the training batches, in nats.
    train_accuracy, test_accuracy : float
        Fractions of images; the first one while the weights moved.
    seconds : float
        Time taken, the test included.
    """

    number: int
    epochs: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


class Trainer:
    """Trains a network as a classifier, step by step, and can stop after any of them.

    Parameters
    ----------
    model : torch.nn.Module
        Takes normalized images ``[n, channels, height, width]``, gives logits.
    data : Dataset
    optimizer : torch.optim.Optimizer
        Of the model's parameters.
    epochs, batch_size : int
        The last, smaller batch of an epoch is left out, as batch normalization wants.
    seed : int
        Of the order of the images. With the same model, seed and number of threads every
        bit is the same in every run.
    schedule : LRScheduler, optional
        Stepped after every batch.
    recorder : Recorder, optional
        Makes the steps, to record some of them.
    device : torch.device or str
        Where the model is, and the images go.
    memory_format : torch.memory_format
        Of the batches.
    loss : callable
        Gives a batch's mean loss from its logits and labels. Cross entropy by default.

    Attributes
    ----------
    steps_per_epoch : int
    step : int
        Steps done.
    results : list of Epoch
        Of the epochs done.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Dataset,
        optimizer: torch.optim.Optimizer,
        *,
        epochs: int,
        batch_size: int = 64,
        seed: int = 0,
        schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
        recorder: Recorder | None = None,
        device: torch.device | str = "cpu",
        memory_format: torch.memory_format = torch.contiguous_format,
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = functional.cross_entropy,
    ) -> None:
        self.epochs = check_integer("epochs", epochs, 1, 1 << 20)
        size = len(data.train_labels)
        self.batch_size = check_integer("batch size", batch_size, 1, size)
        self.steps_per_epoch = size // self.batch_size
        self.model, self.optimizer = model, optimizer
        self.schedule, self.recorder, self.loss = schedule, recorder, loss
        self.device, self.memory_format = torch.device(device), memory_format
        train_images, test_images = data.normalized()
        self._images = torch.from_numpy(train_images).to(device)
        self._labels = torch.from_numpy(data.train_labels).long().to(device)
        self._test_images = torch.from_numpy(test_images).to(device)
        self._test_labels = torch.from_numpy(data.test_labels).long().to(device)
        self._random = torch.Generator().manual_seed(seed)
        self._begin_epoch()
        self.step = 0
        self.results: list[Epoch] = []

    def _begin_epoch(self) -> None:
        # The order of an epoch's images follows from the generator's state at its start.
        self._order = self._random.get_state()
        self._batch = 0
        self._loss = 0.0
        self._right = 0
        self._seconds = 0.0

    def steps(self) -> Iterator[int]:
        """Make the steps that are left, and yield the number of steps done after each.

        An epoch's test is made, and its `Epoch` appended to `results`, before the step
        after it, or at the end.
        """
        while len(self.results) < self.epochs:
            self._random.set_state(self._order)
            order = torch.randperm(len(self._labels), generator=self._random)
            batches = order.split(self.batch_size)[: self.steps_per_epoch]
            self.model.train()
            for batch in batches[self._batch :]:
                start = time.perf_counter()
                self._make_step(batch.to(self.device))
                self._seconds += time.perf_counter() - start
                yield self.step
            self._end_epoch()

    def _make_step(self, batch: torch.Tensor) -> None:
        images, labels = self._images[batch], self._labels[batch]
        self.optimizer.zero_grad()
        logits = self.model(images.contiguous(memory_format=self.memory_format))
        error = self.loss(logits, labels)
        error.backward()
        if self.recorder is None:
            self.optimizer.step()
        else:
            self.recorder.step(self.optimizer)
        if self.schedule is not None:
            self.schedule.step()
        self._loss += error.item() * len(batch)
        self._right += int((logits.argmax(1) == labels).sum())
        self._batch += 1
        self.step += 1

    def _end_epoch(self) -> None:
        start = time.perf_counter()
        accuracy = evaluate(
            self.model,
            self._test_images,
            self._test_labels,
            self.batch_size,
            memory_format=self.memory_format,
        )
        seen = self.steps_per_epoch * self.batch_size
        self.results.append(
            Epoch(
                number=len(self.results) + 1,
                epochs=self.epochs,
                loss=self._loss / seen,
                train_accuracy=self._right / seen,
                test_accuracy=accuracy,
                seconds=self._seconds + time.perf_counter() - start,
            )
        )
        self._begin_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Return everything that training needs to go on with the same bits."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "step": self.step,
            "results": [dataclasses.astuple(epoch) for epoch in self.results],
            "order": self._order,
            "batch": self._batch,
            "loss": self._loss,
            "right": self._right,
            "seconds": self._seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another `Trainer` of the same settings stood.

        Raises
        ------
        ValueError
            If the state is of another network or another optimizer.
        """
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except RuntimeError as error:
            what = str(error).splitlines()[-1].strip()
            raise ValueError(f"the state is of another network: {what}") from None
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]
        self.results = [Epoch(*values) for values in state["results"]]
        self._order = state["order"]
        self._batch = state["batch"]
        self._loss = state["loss"]
        self._right = state["right"]
        self._seconds = state["seconds"]


def train(
    model: nn.Module,
    data: Dataset,
    optimizer: torch.optim.Optimizer,
    *,
    progress: Callable[[Epoch], None] | None = None,
    **settings: Any,
) -> list[Epoch]:
    """Train a network as a classifier from start to end.

    Parameters
    ----------
    model, data, optimizer
        As for `Trainer`.
    progress : callable, optional
        Called with each `Epoch`.
    **settings
        `epochs`, `batch_size`, `seed` and all else that `Trainer` takes.

    Returns
    -------
    list of Epoch
    """
    trainer = Trainer(model, data, optimizer, **settings)
    told = 0
    for _ in trainer.steps():
        if progress is not None and len(trainer.results) > told:
            progress(trainer.results[told])
            told += 1
    if progress is not None:
        progress(trainer.results[-1])
    return trainer.results


@torch.no_grad()
def evaluate(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    batch_size: int,
    *,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> float:
    """Return the fraction of images that the model, in evaluation mode, puts in their class."""
    model.eval()
    right = 0
    for some, true in zip(images.split(batch_size), labels.split(batch_size), strict=True):
        logits = model(some.contiguous(memory_format=memory_format))
        right += int((logits.argmax(1) == true).sum())
    return right / len(labels)
