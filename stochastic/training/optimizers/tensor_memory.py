"""Memory of tensors, as kernels that take addresses need it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["check_memory", "check_tensor", "flat_values", "in_cpu_memory", "storage_address"]


def storage_address(tensor: torch.Tensor) -> int:
    """Return the address of the storage that holds a tensor's values."""
    return tensor.untyped_storage().data_ptr()


def check_memory(name: str, tensor: torch.Tensor) -> None:
    """Raise a ValueError if elements share memory, so that they cannot differ."""
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    if tensor.numel() and any(size > 1 and stride == 0 for size, stride in sizes):
        raise ValueError(
            f"{name} has elements that share memory: it is an expanded tensor, of strides "
            f"{tensor.stride()}"
        )


def check_tensor(
    name: str, tensor: torch.Tensor, dtype: torch.dtype, shape: torch.Size
) -> None:
    """Raise an error if a tensor has another dtype or shape."""
    if tensor.dtype is not dtype:
        raise TypeError(f"{name} must be {dtype}, not {tensor.dtype}")
    if tensor.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)}, not {tuple(tensor.shape)}")


def in_cpu_memory(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor in CPU memory in logical order: itself if it already is."""
    if tensor.is_cpu and tensor.is_contiguous() and not tensor.is_neg():
        return tensor
    return tensor.detach().cpu().resolve_neg().contiguous()


def flat_values(tensor: torch.Tensor) -> NDArray[np.float32]:
    """Return a tensor's values in logical order, in its own memory if possible."""
    return in_cpu_memory(tensor).detach().numpy().reshape(-1)
