"""Learning rates in proportion to the size of each tensor's weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

__all__ = ["layerwise_groups"]

# Root mean square of the weights whose learning rate is the given one.
REFERENCE = 0.1


def layerwise_groups(
    named_parameters: Iterable[tuple[str, torch.Tensor]], lr: float
) -> list[dict[str, Any]]:
    """Return one parameter group a tensor, with a learning rate that suits its weights.

    An optimizer that brings gradients to one scale moves all weights by about the same; a
    layer of small weights then changes faster than one of large weights. Here each matrix
    or convolution gets ``lr * 2**k``, where k is the whole number that brings ``0.1 * 2**k``
    nearest to the root mean square of its first weights in ratio; so in hardware the port
    `rate` differs by shifts alone. Vectors (biases, and scale and shift of batch
    normalization) and tensors of zeros keep `lr`.

    Parameters
    ----------
    named_parameters : iterable of (str, tensor)
        As `torch.nn.Module.named_parameters` gives.
    lr : float
        Learning rate of weights of root mean square 0.1.

    Returns
    -------
    list of dict
        For any optimizer of torch.

    Notes
    -----
    The ratio of the size of weights to the size of updates as what a layer's rate should
    follow is from Y. You, I. Gitman and B. Ginsburg, "Large Batch Training of Convolutional
    Networks", arXiv:1708.03888, 2017; taking it once, in powers of two, is this project's.

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
        shift = round(math.log2(size / REFERENCE)) if size else 0
        groups.append({"params": [(name, tensor)], "lr": lr * 2.0**shift})
    return groups
