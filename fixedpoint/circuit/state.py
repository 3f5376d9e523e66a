"""Registers of circuits, and the state of a run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Register", "State"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Register:
    """One documented register: its width and the value it has after reset."""

    name: str
    width: int
    reset: int = 0
    signed: bool = False
    count: int = 1


@dataclasses.dataclass(frozen=True)
class State:
    """Everything that a circuit remembers between two runs.

    Attributes
    ----------
    position : int
        Enabled cycles since reset: where the circuit's generators stand.
    registers : dict of str to int64 array
        One array of ``lanes * count`` values for each `Register`.
    """

    position: int
    registers: dict[str, NDArray[np.int64]]
