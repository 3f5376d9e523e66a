"""Tensors of fixed-point values: floats that are exactly codes times a power of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..arrays.fixed_array import FixedArray
from ..arrays.quantize import quantize
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

# Whole numbers up to these are exact in each type; exponents stay well inside its range,
# so that neither a sum overflows nor a product loses bits to denormals.
_TYPES = ((torch.float32, 1 << 24, 100), (torch.float64, 1 << MAX_WIDTH, 900))


def exact_type(largest: int, frac_bits: int) -> torch.dtype | None:
    """Return the narrower float type that holds codes up to `largest` in size, or None.

    Parameters
    ----------
    largest : int
    frac_bits : int
        The values are codes times ``2**-frac_bits``.
    """
    for kind, whole, exponent in _TYPES:
        if largest <= whole and abs(frac_bits) <= exponent:
            return kind
    return None


def tensor_type(fmt: Format) -> torch.dtype:
    """Return the type of tensors of this format: float32 to codes of 2^24, float64 to 2^53.

    Raises
    ------
    ValueError
        If neither holds every value of the format.
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
        If a value is none of the format's. It names the first such index.
    """
    check_values("to_array", values, fmt)
    return quantize(tensor_numbers(values), fmt, Rounding.TRUNCATE)


def tensor_numbers(values: torch.Tensor) -> NDArray[Any]:
    """Return a tensor's numbers as an array in C order, or refuse its type or place."""
    if values.device.type != "cpu" or values.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"fixed-point layers take float32 or float64 on the CPU, "
            f"not {values.dtype} on {values.device}"
        )
    return np.ascontiguousarray(values.detach().numpy())


def check_values(name: str, values: torch.Tensor, fmt: Format) -> None:
    """Refuse a tensor that holds something else than values of `fmt`."""
    numbers = tensor_numbers(values)
    wrong = _first_outside(
        numbers.reshape(-1),
        2.0**fmt.frac_bits,
        float(fmt.minimum_code),
        float(fmt.maximum_code),
    )
    if wrong >= 0:
        index = np.unravel_index(wrong, numbers.shape)
        place = ", ".join(str(int(i)) for i in index)
        raise ValueError(
            f"{name} takes values of {fmt}, not {float(numbers[index])} at index ({place})"
        )


@compiled
def _first_outside(values, scale, low, high):
    # Whole blocks first, in a loop without exits, which LLVM makes vectors of.
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
