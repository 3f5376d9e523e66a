"""Shape, elements and rearrangement of arrays of codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..circuit.checks import shown
from ..formats.format import Format
from ..rounding.rules import as_storage

__all__ = ["CodeArray"]


class CodeArray:
    """Base of `FixedArray`: codes and a format, and what only moves elements.

    Attributes
    ----------
    codes : integer array
    format : Format
    """

    codes: NDArray[Any]
    format: Format

    @classmethod
    def from_valid_codes(cls, codes: NDArray[Any], fmt: Format) -> Self:
        """Return an array of codes of any integer type, without checking that they fit."""
        array = cls.__new__(cls)
        array.format = fmt
        array.codes = as_storage(np.asarray(codes), fmt)
        return array

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
    def T(self) -> Self:  # noqa: N802
        """The array with its dimensions reversed."""
        return self.transpose()

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Self:
        try:
            return self.from_valid_codes(self.codes[key], self.format)
        except IndexError as error:
            # Only an index that is out of range is one; `in` and loops rely on that.
            if "out of bounds" in str(error) or "too many indices" in str(error):
                raise
            raise TypeError(f"an index must be what NumPy takes, not {shown(key)}") from None
        except Exception as error:
            # Other libraries' conversions can raise anything.
            raise TypeError(f"an index must be what NumPy takes: {error}") from None

    def reshape(self, *shape: Any) -> Self:
        """Return the elements in C order in another shape."""
        return self.from_valid_codes(self.codes.reshape(*shape), self.format)

    def ravel(self) -> Self:
        """Return the elements in C order as a vector."""
        return self.reshape(-1)

    def transpose(self, *axes: Any) -> Self:
        """Return the array with its dimensions permuted, by default reversed."""
        return self.from_valid_codes(self.codes.transpose(*axes), self.format)
