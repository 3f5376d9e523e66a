"""Satisfiability: formulas in DIMACS CNF, as Hamiltonians."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .hamiltonian import Hamiltonian
from .problem import Problem, check_states, number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Cnf"]


@dataclasses.dataclass(frozen=True)
class Cnf(Problem):
    """Satisfy as many clauses as possible, each the OR of variables and negated variables.

    Attributes
    ----------
    count : int
        Variables, numbered from 1.
    clauses : tuple of tuple of int
        Literals: k for variable k, -k for its negation.

    Notes
    -----
    A clause of one literal is a bias. One of two is (1 - m)(1 - m'), energy 4 above where both
    are false. A longer one is a chain of OR gates with auxiliary spins, whose last gate is a
    clause of two literals. All have the gap 4, and a negated literal only changes signs.
    """

    count: int
    clauses: tuple[tuple[int, ...], ...]

    kind = "cnf"
    maximize = True

    def __post_init__(self) -> None:
        for clause in self.clauses:
            if not clause:
                raise ValueError("a clause must have a literal")
            for literal in clause:
                if not 1 <= abs(literal) <= self.count:
                    raise ValueError(
                        f"there is no variable {abs(literal)}, only 1 to {self.count}"
                    )

    @property
    def variables(self) -> int:
        return self.count

    @property
    def perfect(self) -> int:
        return len(self.clauses)

    @property
    def hamiltonian(self) -> Hamiltonian:
        h = [0] * self.count
        J: list[tuple[int, int, int]] = []

        def literal(value: int) -> tuple[int, int]:
            return abs(value) - 1, 1 if value > 0 else -1

        for clause in self.clauses:
            distinct = sorted(set(clause), key=abs)
            if any(-value in distinct for value in distinct):
                continue  # It is always true.
            spins = [literal(value) for value in distinct]
            if len(spins) == 1:
                spin, sign = spins[0]
                h[spin] += 2 * sign
                continue
            while len(spins) > 2:
                (a, p), (b, q), y = spins[0], spins[1], len(h)
                # The OR gate of the library, with the signs of its inputs.
                h[a] -= p
                h[b] -= q
                h.append(2)
                J += [(a, b, -p * q), (a, y, 2 * p), (b, y, 2 * q)]
                spins = [(y, 1), *spins[2:]]
            (a, p), (b, q) = spins
            h[a] += p
            h[b] += q
            J.append((a, b, -p * q))
        return Hamiltonian(h=tuple(h), J=tuple(J))

    def value(self, spins: ArrayLike) -> NDArray[np.int64]:
        m = check_states(spins, self.count)
        total = np.zeros(m.shape[:-1], np.int64)
        for clause in self.clauses:
            index = np.abs(clause) - 1
            total += (m[..., index] == np.sign(clause)).any(axis=-1)
        return total

    @classmethod
    def parse(cls, text: str) -> Cnf:
        """Return the formula that a text in DIMACS CNF describes.

        Raises
        ------
        ValueError
            If the header is broken, a clause is empty, or a variable does not exist; the
            sentence names the line.
        """
        count, promised = -1, -1
        clauses: list[tuple[int, ...]] = []
        literals: list[int] = []
        for k, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0] == "c":
                continue
            if words[0] == "%":
                break
            if words[0] == "p":
                if len(words) != 4 or words[1] != "cnf" or count >= 0:
                    raise ValueError(
                        f"line {k}: the header must be 'p cnf variables clauses', "
                        f"not {line.strip()!r}"
                    )
                count, promised = (number(word, k, "the header") for word in words[2:])
                if count < 1:
                    raise ValueError(f"line {k}: the formula must have 1 variable or more")
                continue
            if count < 0:
                raise ValueError(
                    f"line {k}: the header 'p cnf variables clauses' must come first"
                )
            for word in words:
                value = number(word, k, "a clause")
                if abs(value) > count:
                    raise ValueError(
                        f"line {k}: there is no variable {abs(value)}, only 1 to {count}"
                    )
                if value:
                    literals.append(value)
                    continue
                if not literals:
                    raise ValueError(f"line {k}: a clause must have a literal")
                clauses.append(tuple(literals))
                literals = []
        if count < 0:
            raise ValueError("a CNF file must have the header 'p cnf variables clauses'")
        if literals:
            clauses.append(tuple(literals))
        if len(clauses) != promised:
            raise ValueError(
                f"the header promises {promised} clauses, but there are {len(clauses)}"
            )
        return cls(count, tuple(clauses))
