"""Arrays of fixed-point numbers: integer codes and their format."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_axes, check_broadcast
from ..circuit.checks import check_flag, shown
from ..circuit.element_index import first_index, index_text
from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding
from ..formats.result_formats import (
    accumulated_format,
    difference_format,
    negated_format,
    product_format,
    sum_format,
)
from ..rounding.format_conversion import requantize_codes
from ..rounding.rules import storage_type
from . import memory_file
from .bit_patterns import bits_of_codes, codes_of_bits
from .code_array import CodeArray
from .code_comparison import compare_codes, compare_with_number
from .code_product import matrix_product
from .number_checks import integer_array, missing_format_error, one_line
from .numpy_functions import apply_function, apply_ufunc

__all__ = ["FixedArray", "check_fixed"]


class FixedArray(CodeArray):
    """n-dimensional array of fixed-point numbers in one `Format`.

    Operators and the supported NumPy functions are exact; their result format holds every
    possible result. Only `cast` and functions that take a format round or wrap. NumPy
    functions that would not be exact raise TypeError.

    ==================== =================================================================
    a + b                max(int) + 1 integer bits, max(frac) fraction bits [1]_
    a - b                the same, signed
    a * b                sums of integer and of fraction bits, signed if either is
    -a, abs(a)           signed, int + 1
    sum of K, cumsum     int + ceil(log2 K)
    a @ b                format of the products, int + ceil(log2 K)
    maximum, minimum     the operands' format, which must be the same
    ==, !=, <, <=, >, >= booleans; exact across formats and with single numbers
    ==================== =================================================================

    .. [1] An unsigned operand beside a signed one counts as having one integer bit more.

    Parameters
    ----------
    codes : array of integers
        Codes of `format`. Use `quantize` to convert real values.
    format : Format or str

    Raises
    ------
    ValueError
        If a code is outside the format.

    Attributes
    ----------
    codes : int8, int16, int32 or int64 array
        The codes in the narrowest signed type that holds the format (uint64 for unsigned
        formats of 64 bits). Do not modify them.
    format : Format

    Examples
    --------
    >>> from fixedpoint import FixedArray, quantize
    >>> a = FixedArray([[3, -8], [7, 0]], "sQ2.2")
    >>> a
    quantize([[0.75, -2.0], [1.75, 0.0]], 'sQ2.2')
    >>> (a * a).format, (a @ a).format, a.sum().format
    (Format(signed=True, int_bits=4, frac_bits=4), Format(signed=True, int_bits=5, \
frac_bits=4), Format(signed=True, int_bits=4, frac_bits=2))
    >>> a > 0.5
    array([[ True, False],
           [ True, False]])
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, codes: ArrayLike, format: Format | str) -> None:
        fmt = as_format(format)
        array = integer_array("codes", codes)
        outside = (array < fmt.minimum_code) | (array > fmt.maximum_code)
        if np.any(outside):
            index = first_index(outside)
            raise ValueError(
                f"{fmt} holds codes from {fmt.minimum_code} to {fmt.maximum_code}, "
                f"not {array[index]} at index {index_text(index)}"
            )
        self.format = fmt
        self.codes: NDArray[Any] = array.astype(storage_type(fmt))

    # Conversions.

    def to_float(self) -> NDArray[np.float64]:
        """Return the values as float64: exact up to 53 bits, else rounded to nearest."""
        return np.asarray(self.codes * 0.5**self.format.frac_bits, dtype=np.float64)

    def to_bits(self) -> NDArray[np.unsignedinteger[Any]]:
        """Return the codes as bit patterns: two's complement in unsigned integers.

        Returns
        -------
        uint8, uint16, uint32 or uint64 array
            The narrowest type of at least the format's width.

        Examples
        --------
        >>> FixedArray([-1, 2], "sQ2.2").to_bits()
        array([15,  2], dtype=uint8)
        """
        return bits_of_codes(self.codes, self.format)

    @classmethod
    def from_bits(cls, bits: ArrayLike, format: Format | str) -> FixedArray:
        """Return the array whose bit patterns are `bits`; see `to_bits`.

        Raises
        ------
        ValueError
            If a word has more bits than the format.
        """
        fmt = as_format(format)
        return cls.from_valid_codes(codes_of_bits(bits, fmt), fmt)

    def write_hex(self, path: str | os.PathLike[str]) -> None:
        """Write the bit patterns in C order for ``$readmemh``, one word a line."""
        memory_file.write(path, self.to_bits().reshape(-1), self.format.width)

    @classmethod
    def read_hex(
        cls,
        path: str | os.PathLike[str],
        format: Format | str,
        shape: tuple[int, ...] | None = None,
    ) -> FixedArray:
        """Read a file in the format of ``$readmemh``.

        Parameters
        ----------
        path : path
            Hexadecimal words. Comments and addresses without gaps are accepted.
        format : Format or str
        shape : tuple of int, optional
            By default a vector.

        Raises
        ------
        ValueError
            If the file has another format, or a word is too wide.
        """
        words = cls.from_bits(np.array(memory_file.read(path), dtype=object), format)
        return words if shape is None else words.reshape(shape)

    def cast(
        self,
        format: Format | str,
        rounding: Rounding = Rounding.NEAREST_EVEN,
        overflow: Overflow = Overflow.SATURATE,
        *,
        bits: Any = None,
    ) -> FixedArray:
        """Return the array in another format, each element rounded once.

        Parameters
        ----------
        format, rounding, overflow, bits
            As for `quantize`, which also documents the errors.
        """
        fmt = as_format(format)
        codes = requantize_codes(
            self.codes, self.format, fmt, Rounding(rounding), Overflow(overflow), bits
        )
        return FixedArray.from_valid_codes(codes, fmt)

    def is_identical(self, other: Any) -> bool:
        """Tell whether `other` has the same format, shape and bits."""
        return (
            isinstance(other, FixedArray)
            and self.format == other.format
            and np.array_equal(self.codes, other.codes)
        )

    def __repr__(self) -> str:
        if self.format.width > 53:
            body = np.array2string(self.codes, separator=", ")
            text = f"FixedArray({one_line(body)}, '{self.format}')"
        else:
            body = np.array2string(
                self.to_float(), separator=", ", formatter={"float_kind": _shortest}
            )
            text = f"quantize({one_line(body)}, '{self.format}')"
        return f"{text}  # shape {self.shape}" if "..." in body or not self.size else text

    def __str__(self) -> str:
        return f"{np.array2string(self.to_float())} {self.format}"

    def __float__(self) -> float:
        return float(self.to_float().reshape(()))

    def __bool__(self) -> bool:
        return bool(self.codes)

    # Exact arithmetic.

    def __add__(self, other: Any) -> FixedArray:
        return self._add_aligned(other, np.add, sum_format)

    def __sub__(self, other: Any) -> FixedArray:
        return self._add_aligned(other, np.subtract, difference_format)

    def __mul__(self, other: Any) -> FixedArray:
        other = self._operand(other)
        check_broadcast("multiply", self.shape, other.shape)
        fmt = product_format(self.format, other.format)
        kind = storage_type(fmt)
        return FixedArray.from_valid_codes(
            np.multiply(self.codes.astype(kind), other.codes.astype(kind)), fmt
        )

    def __matmul__(self, other: Any) -> FixedArray:
        other = self._operand(other)
        codes, fmt = matrix_product(self.codes, self.format, other.codes, other.format)
        return FixedArray.from_valid_codes(codes, fmt)

    def __truediv__(self, other: Any) -> FixedArray:
        raise TypeError(
            "/ is not exact on a FixedArray; use fixedpoint.divide, "
            "which takes the result's format"
        )

    def _reject_left_operand(self, other: Any) -> FixedArray:
        """Raise the error for a left operand without a format."""
        return self._operand(other)

    __radd__ = __rsub__ = __rmul__ = __rmatmul__ = _reject_left_operand

    def __neg__(self) -> FixedArray:
        fmt = negated_format(self.format)
        return FixedArray.from_valid_codes(-self.codes.astype(storage_type(fmt)), fmt)

    def __pos__(self) -> FixedArray:
        return self

    def __abs__(self) -> FixedArray:
        fmt = negated_format(self.format)
        return FixedArray.from_valid_codes(np.abs(self.codes.astype(storage_type(fmt))), fmt)

    def _add_aligned(
        self, other: Any, operation: Any, result_format: Callable[[Format, Format], Format]
    ) -> FixedArray:
        other = self._operand(other)
        check_broadcast(operation.__name__, self.shape, other.shape)
        fmt = result_format(self.format, other.format)
        kind = storage_type(fmt)
        codes = [
            x.codes.astype(kind) << kind.type(fmt.frac_bits - x.format.frac_bits)
            for x in (self, other)
        ]
        return FixedArray.from_valid_codes(operation(*codes), fmt)

    def _operand(self, other: Any) -> FixedArray:
        if not isinstance(other, FixedArray):
            raise missing_format_error(other)
        return other

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return exact sums along one axis, several or all; int + ceil(log2 K) bits."""
        axes = check_axes(axis, self.ndim)
        fmt = accumulated_format(self.format, math.prod(self.shape[a] for a in axes))
        codes = np.sum(
            self.codes,
            axis=axes,
            dtype=storage_type(fmt),
            keepdims=check_flag("sum keepdims", keepdims),
        )
        return FixedArray.from_valid_codes(codes, fmt)

    def cumsum(self, axis: int | None = None) -> FixedArray:
        """Return exact running sums along an axis; int + ceil(log2 K) bits."""
        axis = self._single_axis(axis)
        fmt = accumulated_format(self.format, self.size if axis is None else self.shape[axis])
        return FixedArray.from_valid_codes(
            np.cumsum(self.codes, axis=axis, dtype=storage_type(fmt)), fmt
        )

    def max(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return the largest elements along one axis, several or all."""
        axes = self._nonempty("max", check_axes(axis, self.ndim))
        return FixedArray.from_valid_codes(
            np.max(self.codes, axis=axes, keepdims=check_flag("max keepdims", keepdims)),
            self.format,
        )

    def min(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return the smallest elements along one axis, several or all."""
        axes = self._nonempty("min", check_axes(axis, self.ndim))
        return FixedArray.from_valid_codes(
            np.min(self.codes, axis=axes, keepdims=check_flag("min keepdims", keepdims)),
            self.format,
        )

    def argmax(self, axis: int | None = None) -> Any:
        """Return the indices of the largest elements; the first one of equals."""
        axis = self._single_axis(axis)
        self._nonempty("argmax", check_axes(axis, self.ndim))
        return np.argmax(self.codes, axis=axis)

    def argmin(self, axis: int | None = None) -> Any:
        """Return the indices of the smallest elements; the first one of equals."""
        axis = self._single_axis(axis)
        self._nonempty("argmin", check_axes(axis, self.ndim))
        return np.argmin(self.codes, axis=axis)

    def _single_axis(self, axis: Any) -> int | None:
        """Return an axis as a non-negative integer, or None."""
        if axis is None:
            return None
        try:
            index = operator.index(axis)
        except TypeError:
            raise TypeError(f"axis must be an integer, not {shown(axis)}") from None
        return check_axes(index, self.ndim)[0]

    def _nonempty(self, name: str, axes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the axes of a search, or raise an error if one has length 0."""
        if any(self.shape[axis] == 0 for axis in axes):
            raise ValueError(f"{name} takes one element or more, not the shape {self.shape}")
        return axes

    # Exact comparisons.

    def __eq__(self, other: Any) -> Any:
        return self._compare(other) == 0

    def __ne__(self, other: Any) -> Any:
        return self._compare(other) != 0

    def __lt__(self, other: Any) -> Any:
        return self._compare(other) < 0

    def __le__(self, other: Any) -> Any:
        return self._compare(other) <= 0

    def __gt__(self, other: Any) -> Any:
        return self._compare(other) > 0

    def __ge__(self, other: Any) -> Any:
        return self._compare(other) >= 0

    def _compare(self, other: Any) -> NDArray[np.int8]:
        """Return the signs of self - other."""
        if isinstance(other, FixedArray):
            check_broadcast("a comparison", self.shape, other.shape)
            return compare_codes(self.codes, self.format, other.codes, other.format)
        if isinstance(other, np.ndarray | np.generic) and other.ndim == 0:
            other = other.item()
        if isinstance(other, int | float | Fraction):
            return compare_with_number(self.codes, self.format, other)
        raise missing_format_error(other)

    # NumPy's protocols.

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        raise TypeError("a FixedArray is no ndarray: take its .codes or .to_float()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(FixedArray, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(FixedArray, function, args, kwargs)


def check_fixed(name: str, *operands: Any) -> None:
    """Raise a TypeError that starts with `name` if an operand is not a FixedArray."""
    for operand in operands:
        if not isinstance(operand, FixedArray):
            raise missing_format_error(operand, f"{name} takes FixedArrays")


def _shortest(value: Any) -> str:
    """Return the shortest decimal that reads back as `value`."""
    return repr(float(value))
