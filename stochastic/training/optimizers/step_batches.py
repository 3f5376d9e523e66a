"""Tensors of one optimizer step, cut into batches of slices for the kernels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.update.base import UpdateCircuit
from fixedpoint.update.tensor_slices import TENSOR_SLICE

__all__ = ["SliceBatch", "TensorStep", "cut_into_batches", "map_batches"]


class TensorStep(NamedTuple):
    """What the update of one tensor needs in one step.

    Attributes
    ----------
    name : str
    tensor : torch.Tensor
        The parameter.
    automatic : bool
        Whether the scale is chosen automatically.
    exponent : int or None
        Exponent of the gradients' scale.
    factor : float
        Scale from gradients to codes, exact in float32.
    rate : int
        Value of the port `rate`.
    gradient, weight : torch.Tensor
        Values in CPU memory in logical order: the gradient or the parameter itself if
        possible.
    momentum : torch.Tensor
    """

    name: str
    tensor: torch.Tensor
    automatic: bool
    exponent: int | None
    factor: float
    rate: int
    gradient: torch.Tensor
    weight: torch.Tensor
    momentum: torch.Tensor


class SliceBatch(NamedTuple):
    """Slices of tensors that one call of a kernel updates.

    Attributes
    ----------
    slices : array ``[n]`` of `TENSOR_SLICE`
        In the order of the update. They hold addresses: the tensors must be kept alive.
    names : list of str
        Name of the tensor of each slice.
    position : int
        Cycle since reset at which the first slice starts.
    cycles : int
        Number of cycles of all slices.
    """

    slices: NDArray[np.void]
    names: list[str]
    position: int
    cycles: int


def cut_into_batches(
    circuit: UpdateCircuit, tensor_steps: Sequence[TensorStep], position: int, size: int
) -> list[SliceBatch]:
    """Cut the tensors of a step into slices, and group these into batches.

    Parameters
    ----------
    circuit : UpdateCircuit
    tensor_steps : sequence of TensorStep
        In the order of the update.
    position : int
        Cycle since reset at which the step starts.
    size : int
        Approximate number of elements in a batch.
    """
    rows: list[tuple[int | float, ...]] = []
    names: list[str] = []
    begin = 0
    for tensor_step in tensor_steps:
        arrays = [
            (tensor.data_ptr(), tensor.element_size())
            for tensor in (tensor_step.gradient, tensor_step.weight, tensor_step.momentum)
        ]
        for part, cycles in circuit.slices(tensor_step.tensor.numel()):
            addresses = (address + part.start * width for address, width in arrays)
            count = part.stop - part.start
            rows.append(
                (*addresses, count, begin, position, tensor_step.rate, tensor_step.factor)
            )
            names.append(tensor_step.name)
            begin += count
            position += cycles
    slices = np.array(rows, TENSOR_SLICE)
    edges = np.flatnonzero(np.diff(slices["begin"] // size, prepend=-1, append=-1))
    positions = [*slices["position"].tolist(), position]
    return [
        SliceBatch(slices[i:j], names[i:j], positions[i], positions[j] - positions[i])
        for i, j in itertools.pairwise(edges.tolist())
    ]


def map_batches(
    function: Callable[[SliceBatch], Any], batches: Sequence[SliceBatch], threads: int
) -> list[Any]:
    """Return the function's value for each batch, computed in `threads` threads."""
    if threads == 1:
        return [function(batch) for batch in batches]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, batches))
