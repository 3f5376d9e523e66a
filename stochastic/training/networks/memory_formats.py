"""The order of a network's numbers in memory."""

from __future__ import annotations

import torch

__all__ = ["fastest_format"]


def fastest_format(model: torch.nn.Module) -> torch.memory_format:
    """Return the memory format in which a CPU trains a network fastest, and safely.

    It is ``channels_last``, which gains most for depthwise layers. Networks with a strided 1x1
    convolution of fewer than 8 inputs keep the default format: in the gradient of such weights
    torch 2.13 writes beyond its memory in ``channels_last`` on processors without AVX-512
    ("corrupted double-linked list").

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    torch.memory_format
    """
    layers = (one for one in model.modules() if isinstance(one, torch.nn.Conv2d))
    for layer in layers:
        if layer.in_channels < 8 and layer.kernel_size == (1, 1) and max(layer.stride) > 1:
            return torch.contiguous_format
    return torch.channels_last
