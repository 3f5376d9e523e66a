"""Quadratic problems: QUBO of bits and Ising of spins, from files, arrays and dimod."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit.checks import shown

from .hamiltonian import Hamiltonian
from .problem import Problem, check_states, number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Ising", "Qubo"]


@dataclasses.dataclass(frozen=True)
class Qubo(Problem):
    """Bits x that minimize sum_i Q_ii x_i + sum_{i<j} Q_ij x_i x_j.

    Attributes
    ----------
    count : int
        The bits.
    weights : tuple of (int, int, int)
        ``(i, j, weight)`` with i <= j.
    labels : tuple
        The name of each bit, where they came with names.
    """

    count: int
    weights: tuple[tuple[int, int, int], ...]
    labels: tuple[Hashable, ...] = ()

    kind = "qubo"
    maximize = False

    @property
    def variables(self) -> int:
        return self.count

    @property
    def hamiltonian(self) -> Hamiltonian:
        """Four times the energy, but for a constant, so that all coefficients are integers."""
        h, J = [0] * self.count, []
        for i, j, weight in self.weights:
            if i == j:
                h[i] -= 2 * weight
            else:
                h[i] -= weight
                h[j] -= weight
                J.append((i, j, -weight))
        return Hamiltonian(h=tuple(h), J=tuple(J))

    def value(self, spins: ArrayLike) -> NDArray[np.int64]:
        x = (check_states(spins, self.count) > 0).astype(np.int64)
        if not self.weights:
            return np.zeros(x.shape[:-1], np.int64)
        i, j, weight = np.array(self.weights, np.int64).T
        return (x[..., i] * x[..., j]) @ weight

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> Qubo:
        """Return the problem x^T Q x of a square matrix of integers."""
        Q = np.asarray(matrix)
        if Q.ndim != 2 or Q.shape[0] != Q.shape[1] or not len(Q):
            raise ValueError(f"a QUBO matrix must be square, not of shape {Q.shape}")
        rows, columns = np.nonzero(Q)
        pairs = zip(rows.tolist(), columns.tolist(), Q[rows, columns].tolist(), strict=True)
        return cls(len(Q), _summed(((i, j), weight) for i, j, weight in pairs))

    @classmethod
    def from_dict(cls, values: Mapping[tuple[Hashable, Hashable], Any]) -> Qubo:
        """Return the problem of a dictionary ``{(name, name): weight}``; names may be any."""
        labels = tuple(dict.fromkeys(name for pair in values for name in pair))
        if not labels:
            raise ValueError("a QUBO must have a variable")
        place = {name: k for k, name in enumerate(labels)}
        weights = _summed(((place[a], place[b]), w) for (a, b), w in values.items())
        return cls(len(labels), weights, labels)

    @classmethod
    def from_dimod(cls, model: Any) -> Qubo:
        """Return the problem of a `dimod.BinaryQuadraticModel`, without its offset."""
        values, _ = model.to_qubo()
        names = {(v, v): 0 for v in model.variables}
        return cls.from_dict({**names, **values})

    @classmethod
    def parse(cls, text: str) -> Qubo:
        """Return the problem of a text: ``p qubo 0 bits diagonals others``, lines ``i j Q``."""
        count, weights = _quadratic(text, "qubo")
        return cls(count, weights)


@dataclasses.dataclass(frozen=True)
class Ising(Problem):
    """Spins that minimize the energy of a Hamiltonian."""

    energy: Hamiltonian

    kind = "ising"
    maximize = False

    @property
    def variables(self) -> int:
        return self.energy.size

    @property
    def hamiltonian(self) -> Hamiltonian:
        return self.energy

    def value(self, spins: ArrayLike) -> NDArray[np.int64]:
        return self.energy.energy(check_states(spins, self.variables))

    @classmethod
    def parse(cls, text: str) -> Ising:
        """Return the problem of a text ``p ising spins``, then lines ``i j J`` and ``i i h``.

        The energy is -(sum h m + sum J m m), with spins counted from 0.
        """
        count, weights = _quadratic(text, "ising")
        h = [0] * count
        for i, j, weight in weights:
            if i == j:
                h[i] += weight
        J = tuple((i, j, weight) for i, j, weight in weights if i != j)
        return cls(Hamiltonian(h=tuple(h), J=J))


def _summed(pairs: Any) -> tuple[tuple[int, int, int], ...]:
    sums: dict[tuple[int, int], int] = {}
    for (i, j), weight in pairs:
        if isinstance(weight, np.generic):
            weight = weight.item()
        if isinstance(weight, float) and weight.is_integer():
            weight = int(weight)
        if isinstance(weight, bool) or not isinstance(weight, int):
            raise ValueError(f"a weight must be an integer, not {shown(weight)}")
        key = (min(i, j), max(i, j))
        sums[key] = sums.get(key, 0) + weight
    return tuple((i, j, weight) for (i, j), weight in sorted(sums.items()) if weight)


def _quadratic(text: str, kind: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    count, pairs = -1, []
    promised: list[int] = []
    length, form = (
        (6, "p qubo 0 bits diagonals others") if kind == "qubo" else (3, "p ising spins")
    )
    for k, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0] in ("c", "#"):
            continue
        if words[0] == "p":
            if len(words) != length or words[1] != kind or count >= 0:
                raise ValueError(f"line {k}: the header must be {form!r}, not {line.strip()!r}")
            numbers = [number(word, k, "the header") for word in words[2:]]
            count, promised = numbers[1 if kind == "qubo" else 0], numbers[2:]
            if count < 1:
                raise ValueError(f"line {k}: there must be 1 variable or more, not {count}")
            continue
        if count < 0:
            raise ValueError(f"line {k}: the header {form!r} must come first")
        if len(words) != 3:
            raise ValueError(f"line {k}: a weight must be 'i j weight', not {line.strip()!r}")
        i, j, weight = (number(word, k, "a weight") for word in words)
        for spin in (i, j):
            if not 0 <= spin < count:
                raise ValueError(
                    f"line {k}: there is no variable {spin}, only 0 to {count - 1}"
                )
        pairs.append(((i, j), weight))
    if count < 0:
        raise ValueError(f"the file must have the header {form!r}")
    others = sum(i != j for (i, j), _ in pairs)
    # Diagonals of weight 0 are left out by some programs.
    if promised and promised[1] != others:
        raise ValueError(
            f"the header promises {promised[1]} weights of pairs, but there are {others}"
        )
    return count, _summed(pairs)
