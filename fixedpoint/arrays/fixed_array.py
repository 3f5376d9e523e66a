"""Arrays of fixed-point numbers: codes and a format, exact or refused."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_array, check_axes, check_broadcast
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
from ..rounding.rules import as_storage, storage_type
from . import memory_file as hexfile

__all__ = ["FixedArray", "check_fixed", "without_format"]


class FixedArray:
    """n-dimensional array of fixed-point numbers in one `Format`.

    Operators and the NumPy functions it knows are exact, and give the format that can hold
    every result; nothing is rounded or wrapped but by `cast` and by functions that take a
    format. NumPy functions that would not be exact raise TypeError.

    ==================== =================================================================
    a + b                max(int) + 1 integer bits, max(frac) fraction bits [1]_
    a - b                the same, signed
    a * b                the sums of integer and of fraction bits, signed if either is
    -a, abs(a)           signed, int + 1
    sum of K, cumsum     int + ceil(log2 K)
    a @ b                the product's, with ceil(log2 K) integer bits more
    maximum, minimum     the format of both operands, which must be the same
    ==, !=, <, <=, >, >= booleans, exact across formats and against single numbers
    ==================== =================================================================

    .. [1] An unsigned operand beside a signed one counts one integer bit more.

    Parameters
    ----------
    codes : array of integers
        Codes of `format`; values are made with `fixedpoint.arrays.quantize`.
    format : Format or str

    Raises
    ------
    ValueError
        If a code is outside the format.

    Attributes
    ----------
    codes : int8, int16, int32 or int64 array
        The codes in the narrowest signed type that holds the format (uint64 for unsigned
        formats of 64 bits). Not to be changed.
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
        array = _integers("codes", codes)
        outside = (array < fmt.minimum_code) | (array > fmt.maximum_code)
        if np.any(outside):
            index = first_index(outside)
            raise ValueError(
                f"{fmt} holds codes from {fmt.minimum_code} to {fmt.maximum_code}, "
                f"not {array[index]} at index {index_text(index)}"
            )
        self.format = fmt
        self.codes: NDArray[Any] = array.astype(storage_type(fmt))

    @classmethod
    def _of(cls, codes: NDArray[Any], fmt: Format) -> FixedArray:
        """Wrap codes that are known to fit, in any integer type."""
        made = cls.__new__(cls)
        made.format = fmt
        made.codes = as_storage(np.asarray(codes), fmt)
        return made

    # Shape and elements.

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions."""
        return self.codes.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.codes.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.codes.size

    @property
    def T(self) -> FixedArray:  # noqa: N802
        """The array with its dimensions reversed."""
        return self.transpose()

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[FixedArray]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> FixedArray:
        return FixedArray._of(self.codes[key], self.format)

    def reshape(self, *shape: Any) -> FixedArray:
        """Return the elements, in C order, in another shape."""
        return FixedArray._of(self.codes.reshape(*shape), self.format)

    def ravel(self) -> FixedArray:
        """Return the elements in C order as a vector."""
        return self.reshape(-1)

    def transpose(self, *axes: Any) -> FixedArray:
        """Return the array with its dimensions permuted, by default reversed."""
        return FixedArray._of(self.codes.transpose(*axes), self.format)

    # In and out.

    def to_float(self) -> NDArray[np.float64]:
        """Return the values as float64: exact to 53 bits, else the nearest double."""
        return np.asarray(self.codes * 0.5**self.format.frac_bits, dtype=np.float64)

    def to_bits(self) -> NDArray[np.unsignedinteger[Any]]:
        """Return the codes as hardware has them: two's complement in unsigned integers.

        Returns
        -------
        uint8, uint16, uint32 or uint64 array
            The narrowest type of at least the format's width.

        Examples
        --------
        >>> FixedArray([-1, 2], "sQ2.2").to_bits()
        array([15,  2], dtype=uint8)
        """
        width = self.format.width
        mask = np.uint64((1 << width) - 1)
        size = next(s for s in (8, 16, 32, 64) if width <= s)
        words = self.codes.astype(np.int64 if self.format.signed else np.uint64)
        return (words.view(np.uint64) & mask).astype(f"uint{size}")

    @classmethod
    def from_bits(cls, bits: ArrayLike, format: Format | str) -> FixedArray:
        """Return the array whose `to_bits` is `bits`.

        Raises
        ------
        ValueError
            If a word has more bits than the format.
        """
        fmt = as_format(format)
        words = _integers("bits", bits)
        outside = (words < 0) | (words > (1 << fmt.width) - 1)
        if np.any(outside):
            word = words[first_index(outside)]
            raise ValueError(f"{fmt} has {fmt.width} bits, too few for {word}")
        words = words.astype(np.uint64)
        if fmt.signed:
            unused = np.uint64(64 - fmt.width)
            return cls._of((words << unused).view(np.int64) >> np.int64(unused), fmt)
        return cls._of(words, fmt)

    def write_hex(self, path: str | os.PathLike[str]) -> None:
        """Write the bits, in C order, as a file that ``$readmemh`` reads: a word a line."""
        hexfile.write(path, self.to_bits().reshape(-1), self.format.width)

    @classmethod
    def read_hex(
        cls,
        path: str | os.PathLike[str],
        format: Format | str,
        shape: tuple[int, ...] | None = None,
    ) -> FixedArray:
        """Read a file in ``$readmemh`` form.

        Parameters
        ----------
        path : path
            Hexadecimal words; comments and addresses that go on without gaps may be there.
        format : Format or str
        shape : tuple of int, optional
            By default a vector.

        Raises
        ------
        ValueError
            If the file is no such file, or a word is too wide.
        """
        words = cls.from_bits(np.array(hexfile.read(path), dtype=object), format)
        return words if shape is None else words.reshape(shape)

    def cast(
        self,
        format: Format | str,
        rounding: Rounding = Rounding.NEAREST_EVEN,
        overflow: Overflow = Overflow.SATURATE,
        *,
        bits: Any = None,
    ) -> FixedArray:
        """Return the array in another format, each element rounded once and exactly.

        Parameters
        ----------
        format, rounding, overflow, bits
            As for `quantize`, and so are the errors.
        """
        fmt = as_format(format)
        codes = requantize_codes(
            self.codes, self.format, fmt, Rounding(rounding), Overflow(overflow), bits
        )
        return FixedArray._of(codes, fmt)

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
            text = f"FixedArray({_one_line(body)}, '{self.format}')"
        else:
            body = np.array2string(
                self.to_float(), separator=", ", formatter={"float_kind": _shortest}
            )
            text = f"quantize({_one_line(body)}, '{self.format}')"
        return f"{text}  # shape {self.shape}" if "..." in body or not self.size else text

    def __str__(self) -> str:
        return f"{np.array2string(self.to_float())} {self.format}"

    def __float__(self) -> float:
        return float(self.to_float().reshape(()))

    def __bool__(self) -> bool:
        return bool(self.codes)

    # Exact arithmetic.

    def __add__(self, other: Any) -> FixedArray:
        return self._aligned(other, np.add, sum_format)

    def __sub__(self, other: Any) -> FixedArray:
        return self._aligned(other, np.subtract, difference_format)

    def __mul__(self, other: Any) -> FixedArray:
        other = self._operand(other)
        check_broadcast("multiply", self.shape, other.shape)
        fmt = product_format(self.format, other.format)
        kind = storage_type(fmt)
        return FixedArray._of(
            np.multiply(self.codes.astype(kind), other.codes.astype(kind)), fmt
        )

    def __matmul__(self, other: Any) -> FixedArray:
        from .matrix_product import matmul

        return matmul(self, self._operand(other))

    def __truediv__(self, other: Any) -> FixedArray:
        raise TypeError(
            "/ is not exact on a FixedArray; use fixedpoint.divide, "
            "which takes the result's format"
        )

    def _refused(self, other: Any) -> FixedArray:
        """Refuse what stands to the left of an operator and is no FixedArray."""
        return self._operand(other)

    __radd__ = __rsub__ = __rmul__ = __rmatmul__ = _refused

    def __neg__(self) -> FixedArray:
        fmt = negated_format(self.format)
        return FixedArray._of(-self.codes.astype(storage_type(fmt)), fmt)

    def __pos__(self) -> FixedArray:
        return self

    def __abs__(self) -> FixedArray:
        fmt = negated_format(self.format)
        return FixedArray._of(np.abs(self.codes.astype(storage_type(fmt))), fmt)

    def _aligned(
        self, other: Any, operation: Any, growth: Callable[[Format, Format], Format]
    ) -> FixedArray:
        other = self._operand(other)
        check_broadcast(operation.__name__, self.shape, other.shape)
        fmt = growth(self.format, other.format)
        kind = storage_type(fmt)
        codes = [
            x.codes.astype(kind) << kind.type(fmt.frac_bits - x.format.frac_bits)
            for x in (self, other)
        ]
        return FixedArray._of(operation(*codes), fmt)

    def _operand(self, other: Any) -> FixedArray:
        if not isinstance(other, FixedArray):
            raise without_format(other)
        return other

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return exact sums along one axis, several, or all; int + ceil(log2 K) bits."""
        axes = check_axes(axis, self.ndim)
        fmt = accumulated_format(self.format, math.prod(self.shape[a] for a in axes))
        codes = np.sum(self.codes, axis=axes, dtype=storage_type(fmt), keepdims=keepdims)
        return FixedArray._of(codes, fmt)

    def cumsum(self, axis: int | None = None) -> FixedArray:
        """Return exact running sums along an axis; int + ceil(log2 K) bits."""
        axis = self._one_axis(axis)
        fmt = accumulated_format(self.format, self.size if axis is None else self.shape[axis])
        return FixedArray._of(np.cumsum(self.codes, axis=axis, dtype=storage_type(fmt)), fmt)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return the greatest elements along one axis, several, or all."""
        axes = self._filled("max", check_axes(axis, self.ndim))
        return FixedArray._of(np.max(self.codes, axis=axes, keepdims=keepdims), self.format)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> FixedArray:
        """Return the least elements along one axis, several, or all."""
        axes = self._filled("min", check_axes(axis, self.ndim))
        return FixedArray._of(np.min(self.codes, axis=axes, keepdims=keepdims), self.format)

    def argmax(self, axis: int | None = None) -> Any:
        """Return the indices of the greatest elements, the first where there are several."""
        axis = self._one_axis(axis)
        self._filled("argmax", check_axes(axis, self.ndim))
        return np.argmax(self.codes, axis=axis)

    def argmin(self, axis: int | None = None) -> Any:
        """Return the indices of the least elements, the first where there are several."""
        axis = self._one_axis(axis)
        self._filled("argmin", check_axes(axis, self.ndim))
        return np.argmin(self.codes, axis=axis)

    def _one_axis(self, axis: Any) -> int | None:
        """Return an axis counted from the first one, or None."""
        if axis is None:
            return None
        try:
            index = operator.index(axis)
        except TypeError:
            raise TypeError(f"axis must be an integer, not {axis!r}") from None
        return check_axes(index, self.ndim)[0]

    def _filled(self, name: str, axes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the axes along which something is looked for, if there is something."""
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
        """Return the signs of self - other without forming the difference."""
        if isinstance(other, FixedArray):
            check_broadcast("a comparison", self.shape, other.shape)
            shift = self.format.frac_bits - other.format.frac_bits
            if shift < 0:
                return -other._compare(self)
            # self / 2^shift against other: first whole codes, then what was cut off.
            cut = min(shift, 63)
            floor = self.codes >> self.codes.dtype.type(cut)
            rest = self.codes != floor << self.codes.dtype.type(cut)
            if shift > cut:
                floor = np.where(self.codes < 0, -1, 0)
                rest = self.codes != 0
            sign = np.greater(floor, other.codes).astype(np.int8) - np.less(floor, other.codes)
            return np.where(sign == 0, rest, sign).astype(np.int8)
        if isinstance(other, np.ndarray | np.generic) and other.ndim == 0:
            other = other.item()
        if isinstance(other, int | float | Fraction):
            if isinstance(other, float) and not math.isfinite(other):
                raise ValueError(f"a FixedArray is compared with finite numbers, not {other}")
            exact = Fraction(other)
            floor = math.floor(exact / self.format.resolution)
            rest = exact / self.format.resolution != floor
            sign = np.greater(self.codes, floor).astype(np.int8) - np.less(self.codes, floor)
            return np.where(sign == 0, -int(rest), sign).astype(np.int8)
        raise without_format(other)

    # NumPy's protocols.

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        raise TypeError("a FixedArray is no ndarray: take its .codes or .to_float()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .numpy_functions import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .numpy_functions import apply_function

        return apply_function(function, args, kwargs)


def without_format(
    value: Any, rule: str = "an operand beside a FixedArray needs a format"
) -> TypeError:
    """Return the error about a number or an array where a FixedArray must be."""
    with np.printoptions(threshold=8):
        shown = _one_line(repr(value))
    return TypeError(f"{rule}; quantize {shown} first")


def check_fixed(name: str, *operands: Any) -> None:
    """Raise a TypeError that begins with `name` if one of the operands is no FixedArray."""
    for operand in operands:
        if not isinstance(operand, FixedArray):
            raise without_format(operand, f"{name} takes FixedArrays")


def _integers(name: str, values: Any) -> NDArray[Any]:
    """Return integers of any size; NumPy would make floats of some lists of them."""
    array = check_array(f"{name} must be", values)
    if array.dtype.kind in "iu":
        return array
    objects = np.asarray(values, dtype=object)
    if all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in objects.flat):
        return objects
    raise TypeError(f"{name} must be integers, not {array.dtype}")


def _shortest(value: Any) -> str:
    """Return the shortest decimal that reads back as `value`."""
    return repr(float(value))


def _one_line(text: str) -> str:
    return " ".join(text.split())
