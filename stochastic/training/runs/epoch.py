"""Results of an epoch, and the check of how far a saved state has come."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from fixedpoint.circuit import check_integer, check_number

__all__ = ["Epoch", "check_progress"]


@dataclasses.dataclass(frozen=True)
class Epoch:
    """Results of one epoch.

    Attributes
    ----------
    number, epochs : int
        Number of the epoch, from 1, and of all epochs.
    loss : float
        Mean cross entropy of the training batches, in nats.
    train_accuracy, test_accuracy : float
        Fractions of correctly classified images. The training accuracy is that of the
        batches before their updates.
    seconds : float
        Duration, including the test.
    """

    number: int
    epochs: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


def check_progress(
    state: dict[str, Any], *, steps_per_epoch: int, batch_size: int, epochs: int, order: Any
) -> list[Epoch]:
    """Check the numbers of a state of a `Trainer` against its settings.

    Parameters
    ----------
    state : dict
        What `Trainer.state_dict` returned.
    steps_per_epoch, batch_size, epochs : int
    order : uint8 tensor
        A state of the generator that orders the images.

    Returns
    -------
    list of Epoch
        The finished epochs.

    Raises
    ------
    TypeError, ValueError
        If a number cannot be one of such a trainer.
    """
    results = [_epoch(number + 1, values) for number, values in enumerate(state["results"])]
    check_integer("finished epochs", len(results), 0, epochs)
    batch = check_integer("batch", state["batch"], 0, steps_per_epoch)
    step = check_integer("step", state["step"], 0, epochs * steps_per_epoch)
    if step != len(results) * steps_per_epoch + batch:
        raise ValueError(
            f"step must be {len(results) * steps_per_epoch + batch} after {len(results)} "
            f"epochs and {batch} batches, not {step}"
        )
    check_integer("right", state["right"], 0, batch * batch_size)
    check_number("loss", state["loss"])
    _check_seconds(state["seconds"])
    saved = state["order"]
    if not isinstance(saved, torch.Tensor) or (saved.dtype, saved.shape) != (
        order.dtype,
        order.shape,
    ):
        raise ValueError("order must be a state of torch's generator")
    return results


def _epoch(number: int, values: Any) -> Epoch:
    epoch = Epoch(*values)
    check_integer("epoch", epoch.number, number, number)
    check_integer("epochs", epoch.epochs, number, 1 << 20)
    check_number("loss", epoch.loss)
    for name in ("train_accuracy", "test_accuracy"):
        value = check_number(name, getattr(epoch, name))
        if not 0 <= value <= 1:
            raise ValueError(f"{name} of epoch {number} must be between 0 and 1, not {value}")
    _check_seconds(epoch.seconds)
    return epoch


def _check_seconds(seconds: Any) -> None:
    if not (check_number("seconds", seconds) >= 0 and math.isfinite(seconds)):
        raise ValueError(f"seconds must be 0 or more, not {seconds}")
