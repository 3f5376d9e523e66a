"""What every problem is that the solvers take, and how problem files are read."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit.checks import shown

from .hamiltonian import Hamiltonian

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Problem", "check_states", "number"]


class Problem(abc.ABC):
    """A problem whose best answer is a state of least energy of a Hamiltonian."""

    kind: ClassVar[str]
    # Whether a larger value is better.
    maximize: ClassVar[bool]
    # The best value that is known, where the problem's file says it.
    best_known: int | None = None

    @property
    @abc.abstractmethod
    def variables(self) -> int:
        """The variables of an answer; spins above these are auxiliary."""

    @property
    @abc.abstractmethod
    def hamiltonian(self) -> Hamiltonian:
        """The energy that the solvers lower."""

    @abc.abstractmethod
    def value(self, spins: ArrayLike) -> NDArray[np.int64]:
        """Return the value of states ``[..., n]``, computed from the problem itself."""

    @property
    def perfect(self) -> int | None:
        """The value that no answer can surpass, where that is known."""
        return None


def check_states(spins: ArrayLike, least: int) -> NDArray[np.int64]:
    """Return states ``[..., n]`` of -1 and +1 as int64, if they have enough spins."""
    states = np.asarray(spins, np.int64)
    if states.ndim == 0 or states.shape[-1] < least:
        raise ValueError(f"a state must have {least} spins, not {states.shape}")
    return states


def number(word: str, line: int, what: str) -> int:
    """Return a word of a file as an integer, or name the line in the error."""
    try:
        return int(word)
    except ValueError:
        raise ValueError(f"line {line}: {what} must hold integers, not {shown(word)}") from None
