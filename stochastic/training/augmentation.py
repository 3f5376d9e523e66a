"""Augmentation of training images: shifted and perhaps mirrored, anew in every epoch."""

from __future__ import annotations

import torch

__all__ = ["AUGMENTED", "augment", "mixed_bits"]

# The data sets whose classes stay the same when images are mirrored.
AUGMENTED = ("fashion-mnist-subset", "fashion-mnist", "cifar-10")

# Pixels by which an image is shifted at most, in each direction.
SHIFT = 4


def mixed_bits(*numbers: int | torch.Tensor) -> torch.Tensor:
    """Return 64 bits that look random, a function of some integers alone.

    Parameters
    ----------
    *numbers : int or int64 tensor
        Each is mixed into the bits in turn, by the finalizer of SplitMix64.

    Returns
    -------
    int64 tensor
        Of the numbers' common shape. All bits but the sign are meant to be used: it is 0.

    Notes
    -----
    Source: G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number
    Generators", OOPSLA 2014.
    """
    bits = torch.zeros((), dtype=torch.int64)
    for number in numbers:
        bits = (bits ^ number) + _signed(0x9E3779B97F4A7C15)
        bits = (bits ^ _shifted(bits, 30)) * _signed(0xBF58476D1CE4E5B9)
        bits = (bits ^ _shifted(bits, 27)) * _signed(0x94D049BB133111EB)
        bits = bits ^ _shifted(bits, 31)
    return _shifted(bits, 1)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _shifted(bits: torch.Tensor, count: int) -> torch.Tensor:
    """Shift right, as without sign."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def augment(
    images: torch.Tensor, numbers: torch.Tensor, *, seed: int, epoch: int, border: torch.Tensor
) -> torch.Tensor:
    """Shift images by up to 4 pixels in both directions, and mirror half of them.

    Parameters
    ----------
    images : float tensor ``[n, channels, height, width]``
    numbers : int64 tensor ``[n]``
        The numbers of the images in their data set.
    seed, epoch : int
        With an image's number they determine what happens to it: nothing depends on other
        images, on batches or on earlier epochs.
    border : float tensor ``[channels]``
        The value of pixels that come into view at the edges.

    Returns
    -------
    float tensor like `images`
        New ones. Shifts are the same as crops from images with a border of 4 pixels.

    Notes
    -----
    Source: the augmentation of CIFAR-10 in K. He et al., "Deep Residual Learning for Image
    Recognition", CVPR 2016, section 4.2.
    """
    bits = mixed_bits(seed, epoch, numbers.cpu()).to(images.device)
    places = 2 * SHIFT + 1
    mirrored, bits = bits % 2 == 1, bits // 2
    down, right = bits % places, bits // places % places
    n, channels, height, width = images.shape
    padded = border.view(1, channels, 1, 1).repeat(n, 1, height + 2 * SHIFT, width + 2 * SHIFT)
    padded[:, :, SHIFT : SHIFT + height, SHIFT : SHIFT + width] = images
    rows = down[:, None] + torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device).expand(n, width)
    columns = right[:, None] + torch.where(mirrored[:, None], width - 1 - columns, columns)
    image = torch.arange(n, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
