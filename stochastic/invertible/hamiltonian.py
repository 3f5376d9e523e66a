"""Ising Hamiltonians with integer coefficients."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Parameters, check_array, check_integer
from fixedpoint.circuit.checks import shown

from .spin_gate import check_weight

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Hamiltonian"]

# Spins up to which all states are enumerated.
ENUMERABLE = 26


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hamiltonian(Parameters):
    """Energy of n spins m = -1 or +1: E = -(sum_i h_i m_i + sum_{i<j} J_ij m_i m_j).

    Parameters
    ----------
    h : tuple of int
        One bias for each spin, -2^20..2^20.
    J : tuple of (int, int, int)
        ``(i, j, weight)`` with i != j; stored with i < j, sorted, equal pairs summed, zeros
        left out.

    Raises
    ------
    TypeError, ValueError
        If a coefficient is not an integer or a pair names a spin that does not exist.

    Examples
    --------
    >>> copy = Hamiltonian(h=(0, 0), J=((0, 1, 1),))
    >>> copy.ground_states().tolist(), copy.ground_energy, copy.gap
    ([[-1, -1], [1, 1]], -1, 2)
    """

    h: tuple[int, ...]
    J: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.h, tuple) or not isinstance(self.J, tuple):
            raise TypeError("Hamiltonian h and J must be tuples")
        h = tuple(check_weight("Hamiltonian h", value) for value in self.h)
        sums: dict[tuple[int, int], int] = {}
        for link in self.J:
            if not isinstance(link, tuple) or len(link) != 3:
                raise ValueError(f"Hamiltonian J must hold (i, j, weight), not {shown(link)}")
            i, j = (check_spin("Hamiltonian J", spin, len(h)) for spin in link[:2])
            if i == j:
                raise ValueError(f"Hamiltonian J must join two spins, not {i} with itself")
            key = (min(i, j), max(i, j))
            sums[key] = sums.get(key, 0) + check_weight("Hamiltonian J", link[2])
        J = tuple(
            (i, j, check_weight("Hamiltonian J", weight))
            for (i, j), weight in sorted(sums.items())
            if weight
        )
        self._set(h=h, J=J)

    @classmethod
    def from_dense(cls, h: ArrayLike, J: ArrayLike) -> Hamiltonian:
        """Return the Hamiltonian of a vector h ``[n]`` and a symmetric matrix J ``[n, n]``."""
        biases, matrix = whole_array("h", h), whole_array("J", J)
        n = len(biases)
        if biases.ndim != 1 or matrix.shape != (n, n):
            raise ValueError(
                f"h must have the shape [n] and J [n, n], not {biases.shape} and {matrix.shape}"
            )
        if not np.array_equal(matrix, matrix.T):
            i, j = (int(k) for k in np.argwhere(matrix != matrix.T)[0])
            raise ValueError(
                f"J must be symmetric, not J[{i}, {j}] = {matrix[i, j]} and "
                f"J[{j}, {i}] = {matrix[j, i]}"
            )
        if matrix.diagonal().any():
            i = int(np.flatnonzero(matrix.diagonal())[0])
            raise ValueError(f"J must have a zero diagonal, not J[{i}, {i}] = {matrix[i, i]}")
        rows, columns = np.nonzero(np.triu(matrix))
        links = zip(
            rows.tolist(), columns.tolist(), matrix[rows, columns].tolist(), strict=True
        )
        return cls(h=tuple(biases.tolist()), J=tuple(links))

    @property
    def size(self) -> int:
        """The number of spins."""
        return len(self.h)

    @functools.cached_property
    def degrees(self) -> NDArray[np.int64]:
        """The number of neighbours of each spin."""
        return np.diff(self.rows[0])

    @functools.cached_property
    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """J by rows: starts ``[n + 1]``, neighbours in rising order and their weights."""
        return sparse_rows(self.size, self.J)

    def dense(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return h ``[n]`` and the symmetric J ``[n, n]``."""
        matrix = np.zeros((self.size, self.size), np.int64)
        for i, j, weight in self.J:
            matrix[i, j] = matrix[j, i] = weight
        return np.array(self.h, np.int64), matrix

    def energy(self, spins: ArrayLike) -> NDArray[np.int64]:
        """Return the energy of spins ``[..., n]``, each -1 or +1, as int64 ``[...]``."""
        m = check_array("spins must be", spins).astype(np.int64)
        if m.shape[-1:] != (self.size,):
            raise ValueError(f"spins must have the shape [..., {self.size}], not {m.shape}")
        total = m @ np.array(self.h, np.int64)
        if self.J:
            i, j, weight = np.array(self.J, np.int64).T
            total = total + (m[..., i] * m[..., j]) @ weight
        return -total

    @functools.cached_property
    def spectrum(self) -> NDArray[np.int64]:
        """The energy of every state, int64 ``[2^n]``; bit i of the index is spin i."""
        check_integer("spins to enumerate", self.size, 0, ENUMERABLE)
        bits = np.zeros(1, np.int64)
        starts, neighbours, weights = self.rows
        for i in range(self.size):
            # The states with spin i = -1 and +1 differ by twice the field of the spins below.
            field = np.full(1, self.h[i], np.int64)
            own = {int(neighbours[k]): int(weights[k]) for k in range(starts[i], starts[i + 1])}
            for j in range(i):
                weight = own.get(j, 0)
                field = np.concatenate([field - weight, field + weight])
            bits = np.concatenate([bits + field, bits - field])
        return bits

    @property
    def ground_energy(self) -> int:
        """The least energy, by enumeration."""
        return int(self.spectrum.min())

    @property
    def gap(self) -> int:
        """The difference of the two least energies, by enumeration; 0 if there is but one."""
        levels = np.unique(self.spectrum)
        return int(levels[1] - levels[0]) if len(levels) > 1 else 0

    def ground_states(self) -> NDArray[np.int64]:
        """Return all states of least energy, int64 ``[states, n]`` of -1 and +1."""
        index = np.flatnonzero(self.spectrum == self.ground_energy)
        return 2 * ((index[:, None] >> np.arange(self.size)) & 1) - 1

    def fold(self, clamps: Mapping[int, int]) -> tuple[Hamiltonian, int, tuple[int, ...]]:
        """Replace clamped spins by biases of their neighbours.

        Parameters
        ----------
        clamps : mapping of int to int
            The value of each clamped spin, -1 or +1.

        Returns
        -------
        hamiltonian : Hamiltonian
            Of the free spins, in their order.
        constant : int
            What to add to its energy.
        free : tuple of int
            The free spins by their old number.
        """
        for spin, value in clamps.items():
            check_spin("clamp", spin, self.size)
            if value not in (-1, 1):
                raise ValueError(f"a clamped spin must be -1 or 1, not {shown(value)}")
        free = tuple(i for i in range(self.size) if i not in clamps)
        place = {old: new for new, old in enumerate(free)}
        h = [self.h[i] for i in free]
        constant = -sum(self.h[i] * int(value) for i, value in clamps.items())
        J = []
        for i, j, weight in self.J:
            if i in place and j in place:
                J.append((place[i], place[j], weight))
            elif i in place:
                h[place[i]] += weight * int(clamps[j])
            elif j in place:
                h[place[j]] += weight * int(clamps[i])
            else:
                constant -= weight * int(clamps[i]) * int(clamps[j])
        return Hamiltonian(h=tuple(h), J=tuple(J)), constant, free


def sparse_rows(
    size: int, links: Iterable[tuple[int, int, int]], directed: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return links as compressed rows; `directed` ones only in the row of their first spin."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for i, j, weight in links:
        rows[i].append((j, weight))
        if not directed:
            rows[j].append((i, weight))
    starts = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    flat = np.array([pair for row in rows for pair in sorted(row)], np.int64).reshape(-1, 2)
    return starts, np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])


def check_spin(name: str, value: Any, size: int) -> int:
    """Return the number of a spin as an int, or say that there is none."""
    number = check_integer(f"{name} spin", value, -(2**31), 2**31)
    if not 0 <= number < size:
        raise ValueError(f"{name} names spin {number}, but the spins are 0 to {size - 1}")
    return number


def check_directed(name: str, links: Any, size: int) -> tuple[tuple[int, int, int], ...]:
    """Return one-way links ``(i, j, weight)`` among `size` spins, or say what is wrong."""
    if not isinstance(links, tuple):
        raise TypeError(f"{name} directed must be a tuple, not {shown(links)}")
    checked = []
    for link in links:
        if not isinstance(link, tuple) or len(link) != 3:
            raise ValueError(f"a directed link must be (i, j, weight), not {shown(link)}")
        i, j = (check_spin("a directed link", spin, size) for spin in link[:2])
        if i == j:
            raise ValueError(f"a directed link must join two spins, not {i} with itself")
        checked.append((i, j, check_weight("weight of a directed link", link[2])))
    return tuple(checked)


def whole_array(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Return an array of whole numbers as int64, or refuse it."""
    array = check_array(f"{name} must be", values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold integers, not {array.dtype}")
    whole = np.isfinite(array) & (array == np.trunc(array))
    if not np.all(whole):
        value = array[~whole].reshape(-1)[0]
        raise ValueError(f"{name} must hold integers, not {value}")
    return array.astype(np.int64)
