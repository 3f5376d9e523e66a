"""The images of a data set that a run uses."""

from __future__ import annotations

import dataclasses

import torch

from ..datasets import Dataset
from ..networks import NETWORKS
from .configuration import Configuration

__all__ = ["check_batch", "select_images"]


def check_batch(data: Dataset, configuration: Configuration) -> None:
    """Check that batch normalization gets more than one value per channel."""
    if configuration.batch_size > 1:
        return
    # The meta device computes shapes only, in no time.
    with torch.device("meta"):
        channels, height, width = data.train_images.shape[1:]
        network = NETWORKS[configuration.model](channels=channels, width=configuration.width)
        try:
            network(torch.empty(1, channels, height, width))
        except ValueError:
            raise ValueError(
                f"batch_size must be at least 2 for {configuration.model} on images of "
                f"{height} x {width}, which it reduces to one pixel, too few for batch "
                "normalization, not 1"
            ) from None


def select_images(data: Dataset, configuration: Configuration) -> Dataset:
    """Return the data set with the images that the configuration uses."""
    size = len(data.train_labels)
    used = size if configuration.images is None else configuration.images
    if used > size:
        raise ValueError(f"images must be at most {size}, as {data.name} has, not {used}")
    held_out = configuration.validation
    if held_out >= used:
        raise ValueError(f"validation must be less than the {used} images used, not {held_out}")
    if used - held_out < configuration.batch_size:
        raise ValueError(
            f"batch_size must be at most the {used - held_out} images trained on, "
            f"not {configuration.batch_size}"
        )
    images, labels = data.train_images[:used], data.train_labels[:used]
    trained = used - held_out
    return dataclasses.replace(
        data,
        train_images=images[:trained],
        train_labels=labels[:trained],
        test_images=images[trained:] if held_out else data.test_images,
        test_labels=labels[trained:] if held_out else data.test_labels,
    )
