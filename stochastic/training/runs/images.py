"""The images of a data set that a run uses."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ..augmentation import AUGMENTED
from ..datasets import Dataset, load
from ..networks import NETWORKS
from ..networks.vgg16 import LARGEST_SIDE
from ..own_datasets import load_own
from ..python_files import in_file
from .configuration import Configuration

__all__ = ["check_batch", "load_images"]


def load_images(
    configuration: Configuration,
    data_directory: str | Path | None = None,
    code_directory: Path = Path(),
) -> Dataset:
    """Load the images of a run.

    Parameters
    ----------
    configuration : Configuration
    data_directory : path, optional
        Directory of the data set's files, if it needs any.
    code_directory : path
        Where the file of a data set of one's own is looked for.

    Raises
    ------
    ValueError, FileNotFoundError
        As for `load` and `load_own`; if there are too few images; if images are to be
        mirrored whose classes would change.
    """
    name, digest = configuration.dataset, configuration.dataset_digest
    if not in_file(name):
        return _select(load(name, data_directory), configuration)
    assert digest is not None  # The configuration has set it.
    data = load_own(name, code_directory, digest, data_directory)
    if configuration.augment and not data.mirrors:
        raise ValueError(
            f"augment is for the data sets {', '.join(AUGMENTED)}, and for one of your own "
            f"whose class has mirrors = True, not for {name}"
        )
    return _select(data, configuration)


def check_batch(data: Dataset, configuration: Configuration) -> None:
    """Check that a network by name takes a batch of the images.

    Raises
    ------
    ValueError
        If the images are too large for it, or if batch normalization gets only one value per
        channel.
    """
    if in_file(configuration.model):
        return
    # The meta device computes shapes only, in no time.
    with torch.device("meta"):
        channels, height, width = data.train_images.shape[1:]
        network = NETWORKS[configuration.model](
            channels=channels, classes=data.classes, width=configuration.width
        )
        try:
            network(torch.empty(min(2, configuration.batch_size), channels, height, width))
        except RuntimeError:
            # VGG16 alone ends in a linear layer without a mean over all pixels before it.
            raise ValueError(
                f"{configuration.model} takes images of up to {LARGEST_SIDE} x {LARGEST_SIDE}, "
                f"not {height} x {width}"
            ) from None
        except ValueError:
            raise ValueError(
                f"batch_size must be at least 2 for {configuration.model} on images of "
                f"{height} x {width}, which it reduces to one pixel, too few for batch "
                "normalization, not 1"
            ) from None


def _select(data: Dataset, configuration: Configuration) -> Dataset:
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
