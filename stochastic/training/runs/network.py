"""The network of a run: one by name, or a class of one's own."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..datasets import Dataset
from ..networks import NETWORKS
from ..python_files import first_line, in_file, load_class, make
from .configuration import Configuration

__all__ = ["make_network"]


def make_network(
    configuration: Configuration, data: Dataset, code_directory: Path = Path()
) -> nn.Module:
    """Return the network of a configuration for a data set.

    A class of one's own is a `torch.nn.Module`. It is made with those of the keyword
    arguments ``channels``, ``classes`` and ``width`` that it takes. Its random initialization
    comes from torch's generator.

    Parameters
    ----------
    configuration : Configuration
    data : Dataset
    code_directory : path
        Where the file of a class of one's own is looked for.

    Raises
    ------
    ValueError
        If a class of one's own has no parameters, does not take the images, or gives no
        logits for them; or as for `load_class`.
    FileNotFoundError
        If its file does not exist.
    """
    sizes = {"channels": data.train_images.shape[1], "classes": data.classes}
    name, width = configuration.model, configuration.width
    if not in_file(name):
        return NETWORKS[name](**sizes, width=width)
    digest = configuration.model_digest
    assert digest is not None  # The configuration has set it.
    cls = load_class(name, code_directory, digest, nn.Module, "a torch.nn.Module")
    arguments = _taken(cls, {**sizes, "width": width})
    if "width" not in arguments and width != 1:
        raise ValueError(f"{name} takes no width, so that it must be 1, not {width}")
    model: nn.Module = make(cls, arguments, name)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"{name} has no parameters to train")
    _check_logits(model, data, configuration)
    return model


def _taken(cls: type, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a class names among its own."""
    known = inspect.signature(cls).parameters
    return {key: value for key, value in arguments.items() if key in known}


def _check_logits(model: nn.Module, data: Dataset, configuration: Configuration) -> None:
    """Check that a network makes logits of a batch, as in training and in testing."""
    count = min(2, configuration.batch_size)
    images = torch.zeros(count, *data.train_images.shape[1:])
    expected = [count, data.classes]
    # What dropout and batch normalization change must not stay.
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for training in (True, False):
            trial = copy.deepcopy(model).train(training)
            try:
                logits = trial(images)
                shape = list(logits.shape)
            except Exception as error:
                # The class is code of the user, which can raise anything.
                raise ValueError(
                    f"{configuration.model} does not take images of shape "
                    f"{list(images.shape)}: {first_line(error)}"
                ) from None
            if shape != expected:
                raise ValueError(
                    f"{configuration.model} must give logits of shape {expected} for "
                    f"{count} images, not {shape}"
                )
