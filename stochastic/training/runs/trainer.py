"""Training loop: epochs of shuffled batches, reproducible from the seed and resumable."""

from __future__ import annotations

import dataclasses
import hashlib
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit import check_integer

from ..augmentation import augment
from ..datasets import Dataset
from .epoch import Epoch, check_progress
from .recorder import Recorder

__all__ = ["Epoch", "Trainer", "evaluate", "train"]


class Trainer:
    """Trains a network as a classifier, step by step; it can stop after any step.

    Parameters
    ----------
    model : torch.nn.Module
        Network from normalized images ``[n, channels, height, width]`` to logits.
    data : Dataset
    optimizer : torch.optim.Optimizer
        Optimizer of the model's parameters.
    epochs, batch_size : int
        An epoch omits its last, incomplete batch, which would disturb batch normalization.
    seed : int
        Seed of the order of the images, and of what layers such as dropout draw from torch's
        generator in each step and in each test. Runs with the same model, seed and number of
        threads give the same bits.
    schedule : LRScheduler, optional
        Schedule, stepped after every batch.
    recorder : Recorder, optional
        Performs the optimizer's steps and records some of them.
    device : torch.device or str
        Device of the model, to which the images are copied.
    memory_format : torch.memory_format
        Memory format of the batches.
    loss : callable
        Mean loss of a batch from its logits and labels. By default cross entropy.
    augment : int, optional
        Seed with which training images are shifted and mirrored in every epoch; see
        `stochastic.training.augmentation.augment`. By default they stay as they are.

    Attributes
    ----------
    steps_per_epoch : int
    step : int
        Number of steps done.
    results : list of Epoch
        The finished epochs.
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
        augment: int | None = None,
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
        self._augment = augment
        self._black = torch.from_numpy(data.black()).to(device)
        self._seed = seed
        self._random = torch.Generator().manual_seed(seed)
        self._begin_epoch()
        self.step = 0
        self.results: list[Epoch] = []

    def _begin_epoch(self) -> None:
        # The generator's state at the start of an epoch determines the order of its images.
        self._order = self._random.get_state()
        self._batch = 0
        self._loss = 0.0
        self._correct = 0
        self._seconds = 0.0

    def steps(self) -> Iterator[int]:
        """Perform the remaining steps, and yield the number of steps done after each.

        The test of an epoch runs, and its `Epoch` is appended to `results`, before the next
        step or at the end.
        """
        while len(self.results) < self.epochs:
            self._random.set_state(self._order)
            order = torch.randperm(len(self._labels), generator=self._random)
            batches = order.split(self.batch_size)[: self.steps_per_epoch]
            self.model.train()
            for batch in batches[self._batch :]:
                start = time.perf_counter()
                self._train_batch(batch.to(self.device))
                self._seconds += time.perf_counter() - start
                yield self.step
            self._end_epoch()

    def _train_batch(self, batch: torch.Tensor) -> None:
        images, labels = self._images[batch], self._labels[batch]
        if self._augment is not None:
            epoch = len(self.results)
            images = augment(images, batch, seed=self._augment, epoch=epoch, border=self._black)
        self.optimizer.zero_grad()
        with self._seeded():
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
        self._correct += int((logits.argmax(1) == labels).sum())
        self._batch += 1
        self.step += 1

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Let what layers draw depend on seed and step alone, so that runs can go on."""
        digest = hashlib.sha256(f"{self._seed} {self.step}".encode()).digest()
        # As torch.random.fork_rng, which takes a millisecond.
        generators = [torch.default_generator]
        if self.device.type == "cuda":
            index = self.device.index
            place = torch.cuda.current_device() if index is None else index
            generators.append(torch.cuda.default_generators[place])
        states = [generator.get_state() for generator in generators]
        for generator in generators:
            generator.manual_seed(int.from_bytes(digest[:7], "little"))
        try:
            yield
        finally:
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)

    def _end_epoch(self) -> None:
        start = time.perf_counter()
        with self._seeded():
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
                train_accuracy=self._correct / seen,
                test_accuracy=accuracy,
                seconds=self._seconds + time.perf_counter() - start,
            )
        )
        self._begin_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to continue with the same bits."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "epochs": self.epochs,
            "step": self.step,
            "results": [dataclasses.astuple(epoch) for epoch in self.results],
            "order": self._order,
            "batch": self._batch,
            "loss": self._loss,
            "right": self._correct,
            "seconds": self._seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from the state of another `Trainer` with the same settings.

        The number of epochs may be another one. What the schedule changes, such as learning
        rates, is then as in a run of the new length.

        Raises
        ------
        TypeError, ValueError
            If the state is of another network or another optimizer, if its numbers do not fit
            the settings, or if the schedule would have to go back. The trainer cannot be used
            then.
        """
        model, optimizer = state["model"], state["optimizer"]
        progress = check_progress(
            state,
            steps_per_epoch=self.steps_per_epoch,
            batch_size=self.batch_size,
            epochs=self.epochs,
            order=self._order,
        )
        if self.schedule is not None and state["step"] < self.step:
            raise ValueError(
                f"a trainer with a schedule does not go back from step {self.step} to step "
                f"{state['step']}: make a new one"
            )
        before = self._settings()
        self._advance_schedule(state["step"])
        after = self._settings()
        try:
            self.model.load_state_dict(model)
            self.optimizer.load_state_dict(optimizer)
        except RuntimeError as error:
            difference = str(error).splitlines()[-1].strip()
            raise ValueError(f"the state is of another network: {difference}") from None
        same_length = state.get("epochs", self.epochs) == self.epochs
        for i, (group, constant, settings) in enumerate(
            zip(self.optimizer.param_groups, before, after, strict=True)
        ):
            for name, value in settings.items():
                if name == "lr" and self.schedule is None:
                    continue
                scheduled = name == "lr" or value != constant.get(name)
                if group.get(name) != value and (same_length or not scheduled):
                    wanted = f"{value} as after step {state['step']}" if scheduled else value
                    raise ValueError(
                        f"group {i} of the state has {name} {group.get(name)}, not {wanted}"
                    )
                group[name] = value
        self.step = state["step"]
        self.results = progress
        self._order = state["order"]
        self._batch = state["batch"]
        self._loss = float(state["loss"])
        self._correct = state["right"]
        self._seconds = float(state["seconds"])

    def _settings(self) -> list[dict[str, Any]]:
        """Return copies of the parameter groups without their tensors."""
        groups = self.optimizer.param_groups
        return [{n: value for n, value in group.items() if n != "params"} for group in groups]

    def _advance_schedule(self, step: int) -> None:
        """Take the schedule from the trainer's step to another."""
        if self.schedule is None:
            return
        with warnings.catch_warnings():
            # The optimizer's own steps have been made before.
            warnings.simplefilter("ignore")
            for _ in range(step - self.step):
                self.schedule.step()


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
        See `Trainer`.
    progress : callable, optional
        Called with each `Epoch`.
    **settings
        `epochs`, `batch_size`, `seed` and all other arguments of `Trainer`.

    Returns
    -------
    list of Epoch
    """
    trainer = Trainer(model, data, optimizer, **settings)
    reported = 0
    for _ in trainer.steps():
        if progress is not None and len(trainer.results) > reported:
            progress(trainer.results[reported])
            reported += 1
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
    """Return the fraction of images that the model classifies correctly in evaluation mode."""
    model.eval()
    correct = 0
    for batch, targets in zip(images.split(batch_size), labels.split(batch_size), strict=True):
        logits = model(batch.contiguous(memory_format=memory_format))
        correct += int((logits.argmax(1) == targets).sum())
    return correct / len(labels)
