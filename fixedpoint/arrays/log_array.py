"""Arrays of signed powers of two."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_array
from ..circuit.checks import shown
from ..circuit.element_index import first_index, index_text
from ..formats.log_format import LogFormat
from .fixed_array import FixedArray

__all__ = ["LogArray"]


class LogArray:
    """n-dimensional array of signed powers of two and zeros, in one `LogFormat`.

    Parameters
    ----------
    codes : array of integers
        Exponent codes, below the sign bit if the format has one.
    format : LogFormat

    Raises
    ------
    ValueError
        If a code is outside the format.

    Attributes
    ----------
    codes : uint8 array
    format : LogFormat

    Examples
    --------
    >>> from fixedpoint import LogArray, LogFormat
    >>> w = LogArray([0, 1, 3, 7], LogFormat(minimum_exponent=-2, maximum_exponent=0))
    >>> w.to_float()
    array([ 0.  ,  0.25,  1.  , -1.  ])
    >>> w.to_fixed()
    quantize([0.0, 0.25, 1.0, -1.0], 'sQ2.2')
    """

    def __init__(self, codes: ArrayLike, format: LogFormat) -> None:
        if not isinstance(format, LogFormat):
            raise TypeError(f"a LogArray's format must be a LogFormat, not {shown(format)}")
        array = check_array("codes must be", codes)
        if array.dtype.kind not in "iu" and array.size:
            raise TypeError(f"codes must be integers, not {array.dtype}")
        array = array.astype(np.int64)
        wrong = (array < 0) | (array >> format.width != 0)
        wrong |= array % (1 << format.exponent_width) > format.exponents
        if np.any(wrong):
            index = first_index(wrong)
            raise ValueError(
                f"codes must be of {format.width} bits with exponent codes from 0 to "
                f"{format.exponents}, not {array[index]} at index {index_text(index)}"
            )
        self.codes: NDArray[np.uint8] = array.astype(np.uint8)
        self.format = format

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions."""
        return self.codes.shape

    @property
    def signs(self) -> NDArray[np.uint8]:
        """The sign bits: 1 for negative numbers."""
        return self.codes >> np.uint8(self.format.exponent_width)

    @property
    def exponents(self) -> NDArray[np.uint8]:
        """The exponent codes: 0 for zero, k for 2**(minimum_exponent + k - 1)."""
        return self.codes & np.uint8((1 << self.format.exponent_width) - 1)

    def to_float(self) -> NDArray[np.float64]:
        """Return the values, exactly."""
        return self.to_fixed().to_float()

    def to_fixed(self) -> FixedArray:
        """Return the values, exactly, in `LogFormat.fixed_format`."""
        # Code k is 2**(k - 1) resolutions, code 0 none.
        magnitudes = (1 << self.exponents.astype(np.int64)) >> 1
        codes = np.where(self.signs, -magnitudes, magnitudes)
        return FixedArray(codes, self.format.fixed_format)

    def __repr__(self) -> str:
        return f"LogArray({self.codes.tolist()}, {self.format})"
