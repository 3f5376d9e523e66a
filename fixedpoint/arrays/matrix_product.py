"""Matrix product of fixed-point arrays."""

from __future__ import annotations

from typing import Any

from .accumulator_spec import AccumulatorSpec, check_spec
from .code_product import matrix_product
from .fixed_array import FixedArray, check_fixed

__all__ = ["matmul"]


def matmul(
    a: FixedArray,
    b: FixedArray,
    accumulator: AccumulatorSpec | None = None,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return the matrix product: exact, or bit for bit that of a hardware accumulator.

    Parameters
    ----------
    a : FixedArray ``[..., rows, K]`` or ``[K]``
    b : FixedArray ``[..., K, columns]`` or ``[K]``
        Leading dimensions broadcast, as in NumPy's ``matmul``.
    accumulator : AccumulatorSpec, optional
        By default every sum is exact, with ceil(log2 K) more integer bits than the products.
    bits : word source or WordReader
        For STOCHASTIC; `AccumulatorSpec` defines the order of the words.

    Returns
    -------
    FixedArray
        In the accumulator's format.

    Raises
    ------
    ValueError
        If the shapes do not match, or an intermediate number needs more than 64 bits.
    CodeOverflowError
        If a sum does not fit and the overflow mode is ERROR. The message names the output
        and the addition.
    """
    check_fixed("matmul", a, b)
    if accumulator is not None:
        check_spec("matmul accumulator", accumulator)
    codes, fmt = matrix_product(a.codes, a.format, b.codes, b.format, accumulator, bits)
    return FixedArray.from_valid_codes(codes, fmt)
