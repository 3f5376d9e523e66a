"""Float training of the networks of a study, in pieces that resume."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit.files import writing

__all__ = ["FloatTraining", "augmented"]


@dataclasses.dataclass(frozen=True)
class FloatTraining:
    """SGD with momentum, a learning rate of one cycle, flipped and shifted images.

    Attributes
    ----------
    epochs, batch_size : int
    rate : float
        Largest learning rate.
    seed : int
        Seed of the weights, the order and the augmentation.
    """

    epochs: int
    rate: float = 0.1
    batch_size: int = 64
    seed: int = 1

    def train(
        self,
        make: Callable[[], nn.Module],
        images: torch.Tensor,
        labels: torch.Tensor,
        path: Path,
        progress: Callable[[int, float], None],
    ) -> nn.Module:
        """Return the trained network; an interrupted training continues from its last epoch.

        Parameters
        ----------
        make : callable
            Returns the network.
        images : float tensor ``[n, channels, height, width]``
        labels : int64 tensor ``[n]``
        path : Path
            File of the checkpoint.
        progress : callable
            Called with the number of finished epochs and the mean loss of the last.
        """
        torch.manual_seed(self.seed)
        model = make().to(memory_format=torch.channels_last)
        optimizer = torch.optim.SGD(
            model.parameters(), lr=self.rate, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        steps = len(images) // self.batch_size
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=self.rate, total_steps=self.epochs * steps
        )
        done = 0
        if path.exists():
            state: dict[str, Any] = torch.load(path, weights_only=True)
            done = state["epochs"]
            model.load_state_dict(state["model"])
            if done < self.epochs:
                optimizer.load_state_dict(state["optimizer"])
                schedule.load_state_dict(state["schedule"])
                torch.set_rng_state(state["generator"])
        model.train()
        for epoch in range(done, self.epochs):
            total = 0.0
            order = torch.randperm(len(images))
            for step in range(steps):
                chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
                batch = augmented(images[chosen]).to(memory_format=torch.channels_last)
                with torch.autocast("cpu", torch.bfloat16):
                    logits = model(batch)
                loss = functional.cross_entropy(logits.float(), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item()
            state = {
                "epochs": epoch + 1,
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "generator": torch.get_rng_state(),
            }
            with writing(path, "wb") as file:
                torch.save(state, file)
            progress(epoch + 1, total / steps)
        return model.to(memory_format=torch.contiguous_format).eval()


def augmented(images: torch.Tensor, margin: int = 2) -> torch.Tensor:
    """Return the images of a batch, flipped at random and shifted by up to `margin` pixels."""
    count, _, height, width = images.shape
    flip = torch.rand(count) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    padded = functional.pad(images, (margin,) * 4)
    down, right = torch.randint(0, 2 * margin + 1, (2, count))
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    every = torch.arange(count)[:, None, None, None]
    channels = torch.arange(images.shape[1])[None, :, None, None]
    return padded[every, channels, rows, columns]
