"""Correction of the counters' starts by the mean errors of the products."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.layers.network import FixedPointNetwork

from .counted_layer import CountedLayer

__all__ = ["correct_biases"]


def correct_biases(network: FixedPointNetwork, images: torch.Tensor) -> None:
    """Add to each bias what the sums on streams lack in the mean.

    Products that share generators err alike: the error of one, times the products of a sum,
    moves all sums of a channel. A counter that starts higher or lower makes up for the mean of
    that error. This takes no hardware. The layers are corrected in the order in which they
    run, each one behind the corrected ones, by the mean over all images and pixels.

    Parameters
    ----------
    network : FixedPointNetwork
        Its `CountedLayer` modules get other biases.
    images : float tensor ``[n, channels, height, width]``

    References
    ----------
    M. Nagel, M. van Baalen, T. Blankevoort, M. Welling, "Data-free quantization through
    weight equalization and bias correction", ICCV 2019, section 4.2.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, CountedLayer)]
    hooks = [layer.register_forward_pre_hook(_correct) for layer in layers]
    try:
        with torch.no_grad():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()


def _correct(layer: nn.Module, inputs: tuple[torch.Tensor]) -> None:
    """Correct the bias of a layer for the inputs that it is about to take."""
    assert isinstance(layer, CountedLayer)
    (x,) = inputs
    # The float sums are linear: their mean over the images is the sum of the mean image.
    mean = x.double().mean(dim=0, keepdim=True)
    weight = layer.weight.double()
    if layer.linear:
        wanted = functional.linear(mean, weight)[0]
    else:
        wanted = functional.conv2d(mean, weight, **layer.geometry)[0].mean(dim=(1, 2))
    error = wanted - torch.from_numpy(layer.mean_sums(x))
    bias = error if layer.bias is None else layer.bias.double() + error
    layer.bias = nn.Parameter(bias.float())
