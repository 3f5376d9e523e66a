"""Ports of circuits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .array_checks import check_array
from .checks import shown
from .verilog_keywords import VERILOG_KEYWORDS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Port"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Port:
    """One data port of a circuit.

    Attributes
    ----------
    name : str
        Name in the model, the RTL and the Verilog: an identifier and no keyword of Verilog.
    direction : {"in", "out"}
    width : int
        Bits of one element.
    signed : bool
        Whether an element is two's complement.
    count : int
        Number of elements on the port; element 0 is in the least significant bits.
    minimum, maximum : int, optional
        Limits of an element where they are narrower than those of its width.
    meaning : str
        What the port carries, in one phrase. It does not count when ports are compared.
    """

    name: str
    direction: Literal["in", "out"]
    width: int
    signed: bool = False
    count: int = 1
    minimum: int | None = None
    maximum: int | None = None
    meaning: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse a name that no Verilog port can have."""
        name = self.name
        if not (name.isidentifier() and name.isascii()):
            raise ValueError(f"a port's name must be a Verilog identifier, not {shown(name)}")
        if name in VERILOG_KEYWORDS:
            raise ValueError(f"a port's name must not be the Verilog keyword {name!r}")

    @classmethod
    def input(cls, name: str, width: int = 1, **options: Any) -> Port:
        """Return an input port; `options` are the further attributes."""
        return cls(name=name, direction="in", width=width, **options)

    @classmethod
    def output(cls, name: str, width: int = 1, **options: Any) -> Port:
        """Return an output port; `options` are the further attributes."""
        return cls(name=name, direction="out", width=width, **options)

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and largest legal value of an element."""
        low = -(1 << (self.width - 1)) if self.signed else 0
        high = (1 << (self.width - int(self.signed))) - 1
        return (
            low if self.minimum is None else self.minimum,
            high if self.maximum is None else self.maximum,
        )

    def check(self, values: ArrayLike, columns: int | None = None) -> NDArray[np.int64]:
        """Return `values` as int64 ``[cycles, columns]`` after a check of shape and range."""
        array = check_array(f"port {self.name} takes", values)
        if array.dtype.kind not in "biu":
            raise TypeError(f"port {self.name} takes integers, not {array.dtype}")
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2 or array.shape[1] % self.count:
            raise ValueError(
                f"port {self.name} takes an array [cycles, lanes * {self.count}], "
                f"not one of shape {array.shape}"
            )
        if columns is not None and array.shape[1] != columns:
            raise ValueError(f"port {self.name} takes {columns} columns, not {array.shape[1]}")
        low, high = self.range
        if array.size and (int(array.min()) < low or int(array.max()) > high):
            worst = int(array.min()) if int(array.min()) < low else int(array.max())
            raise ValueError(f"port {self.name} takes values from {low} to {high}, not {worst}")
        return np.ascontiguousarray(array, dtype=np.int64)
