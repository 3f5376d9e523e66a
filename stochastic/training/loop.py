"""Training: epochs over shuffled batches, the same for the same seed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.parameters import check_integer

from .datasets import Dataset
from .recorder import Recorder

__all__ = ["Epoch", "train"]


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


def train(
    model: nn.Module,
    data: Dataset,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    batch_size: int = 64,
    seed: int = 0,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    recorder: Recorder | None = None,
    progress: Callable[[Epoch], None] | None = None,
) -> list[Epoch]:
    """Train a network as a classifier, on the CPU.

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
        Makes the steps, to record some of them; needs a `MomentumSGD`.
    progress : callable, optional
        Called with each `Epoch`.

    Returns
    -------
    list of Epoch
    """
    epochs = check_integer("epochs", epochs, 1, 1 << 20)
    size = len(data.train_labels)
    batch_size = check_integer("batch size", batch_size, 1, size)
    images, test_images = (torch.from_numpy(part) for part in data.normalized())
    labels = torch.from_numpy(data.train_labels).long()
    test_labels = torch.from_numpy(data.test_labels).long()
    order = torch.Generator().manual_seed(seed)
    results = []
    for number in range(1, epochs + 1):
        start = time.perf_counter()
        model.train()
        loss, right, seen = 0.0, 0, 0
        for batch in torch.randperm(size, generator=order).split(batch_size):
            if len(batch) < batch_size:
                break
            optimizer.zero_grad()
            logits = model(images[batch])
            error = functional.cross_entropy(logits, labels[batch])
            error.backward()
            if recorder is None:
                optimizer.step()
            else:
                recorder.step(optimizer)
            if schedule is not None:
                schedule.step()
            loss += error.item() * len(batch)
            right += int((logits.argmax(1) == labels[batch]).sum())
            seen += len(batch)
        accuracy = evaluate(model, test_images, test_labels, batch_size)
        seconds = time.perf_counter() - start
        results.append(Epoch(number, epochs, loss / seen, right / seen, accuracy, seconds))
        if progress is not None:
            progress(results[-1])
    return results


@torch.no_grad()
def evaluate(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, batch_size: int
) -> float:
    """Return the fraction of images that the model, in evaluation mode, puts in their class."""
    model.eval()
    right = sum(
        int((model(some).argmax(1) == true).sum())
        for some, true in zip(images.split(batch_size), labels.split(batch_size), strict=True)
    )
    return right / len(labels)
