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
    """One register: its width and its reset value."""

    name: str
    width: int
    reset: int = 0
    signed: bool = False
    count: int = 1


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
