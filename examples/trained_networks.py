"""Float networks for the studies of fixed-point inference: trained once and stored."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import torch

from fixedpoint.circuit.files import writing
from stochastic.training import Dataset, Epoch, load, train
from stochastic.training.networks import NETWORKS
from stochastic.training.runs.trainer import evaluate

__all__ = [
    "BATCH_SIZE",
    "CALIBRATION_IMAGES",
    "SETTINGS",
    "Images",
    "Setting",
    "add_options",
    "read_images",
    "trained_network",
]

BATCH_SIZE = 64
# Training images from which the formats of a converted network are chosen.
CALIBRATION_IMAGES = 256


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network and its float training: SGD with momentum 0.9 and a cosine schedule.

    Attributes
    ----------
    title : str
        The network in tables and pictures.
    width : float
        Factor of the number of channels.
    epochs : int
    rate : float
        The learning rate.
    """

    title: str
    width: float
    epochs: int
    rate: float = 0.05


SETTINGS = {
    "vgg16": Setting("VGG16, 1/8 width", 1 / 8, 8),
    "resnet18": Setting("ResNet18, 1/8 width", 1 / 8, 6),
    "mobilenetv2": Setting("MobileNetV2, 1/4 width", 1 / 4, 6),
}


@dataclasses.dataclass(frozen=True)
class Images:
    """The images as input tensors of the networks, and the test labels.

    Attributes
    ----------
    data : Dataset
    train, test : float32 tensor ``[images, channels, height, width]``
        The normalized images.
    labels : int64 tensor ``[images]``
        The labels of the test images.
    """

    data: Dataset
    train: torch.Tensor
    test: torch.Tensor
    labels: torch.Tensor

    def accuracy(self, model: torch.nn.Module) -> float:
        """Return the fraction of test images that a model classifies correctly."""
        return evaluate(model, self.test, self.labels, 250)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of all studies of trained networks."""
    parser.add_argument(
        "--networks",
        type=Path,
        default=Path("runs/networks"),
        help="directory of the trained float networks",
    )
    parser.add_argument(
        "--epochs", type=int, help="epochs of float training; default depends on the network"
    )
    parser.add_argument("--images", type=int, help="maximum number of images of each set")
    parser.add_argument("--seed", type=int, default=1, help="seed of weights and image order")


def read_images(limit: int | None = None) -> Images:
    """Return the Fashion-MNIST subset of the repository, at most `limit` images of each set."""
    data = load("fashion-mnist-subset")
    data = dataclasses.replace(
        data,
        train_images=data.train_images[:limit],
        train_labels=data.train_labels[:limit],
        test_images=data.test_images[:limit],
        test_labels=data.test_labels[:limit],
    )
    train_images, test_images = (torch.from_numpy(part) for part in data.normalized())
    return Images(data, train_images, test_images, torch.from_numpy(data.test_labels).long())


def trained_network(
    name: str,
    images: Images,
    directory: Path,
    seed: int,
    epochs: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> torch.nn.Module:
    """Return a trained float network, read from a directory or trained and stored there.

    Parameters
    ----------
    name : str
        A key of `SETTINGS`.
    images : Images
    directory : Path
        Files are named after the network, images, epochs and seed.
    seed : int
        Of the initial weights and the order of images.
    epochs : int, optional
        By default those of the network's setting.
    progress : callable, optional
        Called after each epoch with a text, the epoch's number and the number of epochs.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.
    """
    setting = SETTINGS[name]
    epochs = epochs or setting.epochs
    torch.manual_seed(seed)
    model = NETWORKS[name](width=setting.width).to(memory_format=torch.channels_last)
    count = len(images.data.train_labels)
    path = directory / f"{name}-{count}-images-{epochs}-epochs-seed-{seed}.pt"
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=setting.rate, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    steps = epochs * (count // BATCH_SIZE)

    def report(epoch: Epoch) -> None:
        if progress is not None:
            text = f"{name}: {100 * epoch.test_accuracy:.2f} % after epoch {epoch.number}"
            progress(text, epoch.number, epochs)

    train(
        model,
        images.data,
        optimizer,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        seed=seed,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
        progress=report,
    )
    with writing(path, "wb") as file:
        torch.save(model.state_dict(), file)
    return model.eval()
