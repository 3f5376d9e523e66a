"""Learning rates in proportion to the size of each tensor's weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

__all__ = ["layerwise_groups"]

# Root mean square of the weights to which the given learning rate applies.
REFERENCE_SIZE = 0.1


def layerwise_groups(
    named_parameters: Iterable[tuple[str, torch.Tensor]], lr: float
) -> list[dict[str, Any]]:
    """Return one parameter group per tensor, with a learning rate for the size of its weights.

    An optimizer that scales all gradients to the same size moves all weights by about the
    same amount. A layer of small weights then changes faster than one of large weights. This
    function gives each matrix and each convolution the learning rate ``lr * 2**k``, with the
    integer k for which ``0.1 * 2**k`` is nearest in ratio to the root mean square of its
    initial weights. In hardware the rates of the layers then differ only by shifts. Vectors
    (biases, and scale and shift of batch normalization) and tensors of zeros keep `lr`.

    Parameters
    ----------
    named_parameters : iterable of (str, tensor)
        As returned by `torch.nn.Module.named_parameters`.
    lr : float
        Learning rate of weights with the root mean square 0.1.

    Returns
    -------
    list of dict
        Parameter groups for any optimizer of torch.

    Notes
    -----
    Source: Y. You, I. Gitman and B. Ginsburg, "Large Batch Training of Convolutional
    Networks", arXiv:1708.03888, 2017, for learning rates by the ratio of the size of weights
    to the size of updates. To take this ratio once, in powers of two, is a definition of this
    project.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import layerwise_groups
    >>> layer = torch.nn.Linear(3, 2)
    >>> _ = torch.nn.init.constant_(layer.weight, 0.4)
    >>> [group["lr"] for group in layerwise_groups(layer.named_parameters(), lr=0.01)]
    [0.04, 0.01]
    """
    groups = []
    for name, tensor in named_parameters:
        size = float(tensor.detach().double().square().mean().sqrt()) if tensor.dim() > 1 else 0
        shift = round(math.log2(size / REFERENCE_SIZE)) if size else 0
        groups.append({"params": [(name, tensor)], "lr": lr * 2.0**shift})
    return groups
