"""Random distortions of training images: affine and elastic."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

__all__ = ["distort"]


def distort(
    images: torch.Tensor,
    generator: torch.Generator,
    *,
    degrees: float = 12.0,
    scale: float = 0.12,
    shear: float = 0.15,
    shift: float = 2.0,
    elastic: float = 1.2,
) -> torch.Tensor:
    """Return images with a random affine and a random smooth distortion each.

    Parameters
    ----------
    images : float tensor ``[n, 1, height, width]``
    generator : torch.Generator
    degrees, scale, shear, shift : float
        Largest rotation; largest relative change of size; largest shear; largest shift in
        pixels. All are uniform.
    elastic : float
        Standard deviation in pixels of the displacements, which vary over a quarter of the
        image.
    """
    n, _, height, width = images.shape

    def uniform(most: float) -> torch.Tensor:
        return (2 * torch.rand(n, generator=generator) - 1) * most

    angle = uniform(math.radians(degrees))
    size_x, size_y = 1 + uniform(scale), 1 + uniform(scale)
    slant = uniform(shear)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [
            torch.stack([cos * size_x, -sin + slant, uniform(2 * shift / width)], 1),
            torch.stack([sin, cos * size_y, uniform(2 * shift / height)], 1),
        ],
        1,
    )
    grid = functional.affine_grid(theta, [n, 1, height, width], align_corners=False)
    coarse = torch.randn(n, 2, 5, 5, generator=generator) * elastic
    field = functional.interpolate(
        coarse, size=(height, width), mode="bicubic", align_corners=True
    )
    pixel = torch.tensor([2 / width, 2 / height])
    grid = grid + field.permute(0, 2, 3, 1) * pixel
    return functional.grid_sample(images, grid, align_corners=False).clamp(0, 1)
