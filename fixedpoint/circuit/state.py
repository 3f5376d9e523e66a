"""Registers of circuits, and the state of a run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from .array_checks import check_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Register", "State"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Register:
    """One register: its width and its reset value.

    Attributes
    ----------
    name : str
    width : int
        Bits of one element.
    reset : int
        Every element after reset.
    signed : bool
        Whether an element is two's complement.
    count : int
        Number of elements.
    maximum : int, optional
        The largest value that the circuit reaches, where its width could hold more.
    """

    name: str
    width: int
    reset: int = 0
    signed: bool = False
    count: int = 1
    maximum: int | None = None

    @classmethod
    def counting(cls, name: str, last: int, **options: Any) -> Register:
        """Return a register that counts 0..last; `options` are the further attributes."""
        return cls(name=name, width=max(1, last.bit_length()), maximum=last, **options)

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and largest legal value of an element."""
        low = -(1 << (self.width - 1)) if self.signed else 0
        high = (1 << (self.width - int(self.signed))) - 1
        return low, high if self.maximum is None else self.maximum

    def check(self, values: ArrayLike, lanes: int) -> NDArray[np.int64]:
        """Return a copy of the values of all lanes after a check of number and range.

        Raises
        ------
        TypeError
            If the values are no integers.
        ValueError
            If they are of another number of lanes, or one is out of range.
        """
        array = check_array(f"register {self.name} takes", values)
        if array.dtype.kind not in "biu" and array.size:
            raise TypeError(f"register {self.name} takes integers, not {array.dtype}")
        if array.ndim != 1 or array.size % self.count:
            raise ValueError(
                f"register {self.name} takes an array [lanes * {self.count}], not one of shape "
                f"{array.shape}"
            )
        if array.size != lanes * self.count:
            raise ValueError(
                f"the state is one of {array.size // self.count} lanes, not of {lanes}"
            )
        low, high = self.range
        if array.size and (int(array.min()) < low or int(array.max()) > high):
            worst = int(array.min()) if int(array.min()) < low else int(array.max())
            raise ValueError(
                f"register {self.name} takes values from {low} to {high}, not {worst}"
            )
        return array.astype(np.int64)


@dataclasses.dataclass(frozen=True)
class State:
    """State of a circuit between two runs.

    Attributes
    ----------
    position : int
        Number of enabled cycles since reset. It determines the state of the generators.
    registers : dict of str to int64 array
        An array of ``lanes * count`` values for each `Register`.
    """

    position: int
    registers: dict[str, NDArray[np.int64]]
