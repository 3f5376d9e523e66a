"""The network of a run: one by name, or a class of one's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

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
        If a class of one's own has no parameters or some without a shape, does not take the
        images, or gives no logits for them or none with a gradient; or as for `load_class`.
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
    for parameter_name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ValueError(
                f"{name} must give every parameter a shape when it is made, unlike "
                f"{parameter_name} of a lazy layer"
            )
    _check_logits(lambda: make(cls, arguments, name), data, configuration)
    return model


def _taken(cls: type, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a class names among its own."""
    known = inspect.signature(cls).parameters
    return {key: value for key, value in arguments.items() if key in known}


def _check_logits(
    another: Callable[[], nn.Module], data: Dataset, configuration: Configuration
) -> None:
    """Check that a network makes logits of the batches of training and of testing.

    `another` makes networks to try, so that what batch normalization changes is not in the
    one that is trained. Copies of it would do, but not every network can be copied.
    """
    name, size = configuration.model, configuration.batch_size
    # The last batch of a test may be smaller, unlike that of training.
    sizes = ((True, size), (False, size), (False, len(data.test_labels) % size))
    # What initialization and dropout draw must not change what is drawn later.
    with torch.random.fork_rng(devices=[]):
        # A network may treat a single image otherwise, but not two unlike more.
        for training, count in dict.fromkeys((mode, min(2, n)) for mode, n in sizes if n):
            images = torch.zeros(count, *data.train_images.shape[1:])
            trial = another().train(training)
            try:
                with torch.set_grad_enabled(training):
                    logits = trial(images)
                shape, differentiable = list(logits.shape), logits.requires_grad
            except Exception as error:
                # The class is code of the user, which can raise anything.
                raise ValueError(
                    f"{name} does not take images of shape {list(images.shape)}: "
                    f"{first_line(error)}"
                ) from None
            if shape != [count, data.classes]:
                raise ValueError(
                    f"{name} must give logits of shape {[count, data.classes]} for images of "
                    f"shape {list(images.shape)}, not {shape}"
                )
            if training and not differentiable:
                raise ValueError(
                    f"{name} must give logits with a gradient in training mode, but autograd "
                    "leads from them to no parameter"
                )
