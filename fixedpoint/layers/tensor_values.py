"""Tensors of fixed-point values: floats that equal codes times a power of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..arrays.fixed_array import FixedArray
from ..arrays.quantize import quantize
from ..circuit.element_index import index_text
from ..formats.format import Format
from ..formats.modes import Rounding
from ..kernels.compiled import compiled
from .cast import MAX_WIDTH

__all__ = [
    "check_values",
    "exact_type",
    "tensor_numbers",
    "tensor_type",
    "to_array",
    "to_values",
]

# For each type: the largest integer up to which all are exact, and the largest exponent. The
# exponents stay well inside the type's range, so that sums do not overflow and products do
# not underflow.
_TYPES = ((torch.float32, 1 << 24, 100), (torch.float64, 1 << MAX_WIDTH, 900))


def exact_type(largest: int, frac_bits: int) -> torch.dtype | None:
    """Return the narrowest float type for codes of magnitudes up to `largest`, or None.

    Parameters
    ----------
    largest : int
    frac_bits : int
        Values are codes times ``2**-frac_bits``.
    """
    for kind, whole, exponent in _TYPES:
        if largest <= whole and abs(frac_bits) <= exponent:
            return kind
    return None


def tensor_type(fmt: Format) -> torch.dtype:
    """Return the type of tensors of a format: float32 up to codes of 2^24, else float64.

    Raises
    ------
    ValueError
        If neither type holds every value of the format.
    """
    kind = exact_type(max(-fmt.minimum_code, fmt.maximum_code), fmt.frac_bits)
    if kind is None:
        raise ValueError(f"no tensor of floats holds every value of {fmt}")
    return kind


def to_values(array: FixedArray) -> torch.Tensor:
    """Return an array's values as a tensor of the format's `tensor_type`, exactly."""
    kind = tensor_type(array.format)
    codes = torch.from_numpy(np.ascontiguousarray(array.codes)).to(kind)
    return codes.mul_(2.0**-array.format.frac_bits)


def to_array(values: torch.Tensor, fmt: Format) -> FixedArray:
    """Return a tensor's values as an array, exactly.

    Raises
    ------
    ValueError
        If a value is outside the format. The message names the first such index.
    """
    check_values("to_array", values, fmt)
    return quantize(tensor_numbers(values), fmt, Rounding.TRUNCATE)


def tensor_numbers(values: torch.Tensor) -> NDArray[Any]:
    """Return a tensor's numbers as an array in C order.

    Raises
    ------
    TypeError
        If the tensor is not float32 or float64 on the CPU.
    """
    if values.device.type != "cpu" or values.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"fixed-point layers take float32 or float64 on the CPU, "
            f"not {values.dtype} on {values.device}"
        )
    return np.ascontiguousarray(values.detach().numpy())


def check_values(name: str, values: torch.Tensor, fmt: Format) -> None:
    """Raise a ValueError that starts with `name` if a number is not a value of `fmt`."""
    numbers = tensor_numbers(values)
    position = _first_outside(
        numbers.reshape(-1),
        2.0**fmt.frac_bits,
        float(fmt.minimum_code),
        float(fmt.maximum_code),
    )
    if position >= 0:
        index = np.unravel_index(position, numbers.shape)
        raise ValueError(
            f"{name} takes values of {fmt}, not {float(numbers[index])} "
            f"at index {index_text(index)}"
        )


@compiled
def _first_outside(values, scale, low, high):
    # Check blocks in a loop without exits, which LLVM can vectorise.
    block = 1024
    for begin in range(0, len(values), block):
        end = min(begin + block, len(values))
        wrong = 0
        for i in range(begin, end):
            code = values[i] * scale
            wrong += not (code == np.floor(code) and low <= code and code <= high)
        if wrong:
            for i in range(begin, end):
                code = values[i] * scale
                if not (code == np.floor(code) and low <= code and code <= high):
                    return i
    return -1
