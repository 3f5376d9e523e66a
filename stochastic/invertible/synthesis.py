"""From a truth table to a Hamiltonian, by integer linear programming."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_choice, check_flag, check_integer
from fixedpoint.circuit.checks import shown

from .hamiltonian import Hamiltonian

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Synthesis", "synthesize"]


@dataclasses.dataclass(frozen=True)
class Synthesis:
    """A Hamiltonian whose states of least energy are exactly the rows of a truth table.

    Attributes
    ----------
    hamiltonian : Hamiltonian
        The visible spins in the table's order, then the auxiliary ones.
    triples : tuple of (int, int, int, int)
        Terms ``(i, j, k, weight)`` of three spins: E contains -weight m_i m_j m_k.
    rows : tuple of tuple of int
        The states of least energy, -1 or +1: one for each row.
    ground_energy, gap : int
        By enumeration of all states.
    """

    hamiltonian: Hamiltonian
    triples: tuple[tuple[int, int, int, int], ...]
    rows: tuple[tuple[int, ...], ...]
    ground_energy: int
    gap: int

    @property
    def largest(self) -> int:
        """The largest coefficient without its sign."""
        weights = [*self.hamiltonian.h, *(link[-1] for link in self.hamiltonian.J)]
        return max(map(abs, [*weights, *(t[-1] for t in self.triples), 0]))


def synthesize(
    rows: Sequence[Sequence[int]],
    *,
    auxiliary: int | None = None,
    most_auxiliary: int = 3,
    objective: str = "coefficients",
    largest: int = 16,
    three_body: bool = False,
    time_limit: float = 60.0,
) -> Synthesis:
    """Find integer h and J whose states of least energy are exactly the rows.

    Parameters
    ----------
    rows : sequence of sequence of int
        The valid rows of a truth table, each bit 0 or 1; one or more, all of one length.
    auxiliary : int, optional
        Auxiliary spins, whose values in each row the program chooses; by default the fewest
        that suffice.
    most_auxiliary : int
        Up to how many are tried by default.
    objective : {"coefficients", "gap"}
        The smallest sum of all coefficients without their signs, or the largest gap relative
        to the largest coefficient.
    largest : int
        The largest coefficient that is allowed, 1..1024.
    three_body : bool
        Whether terms of three spins are allowed.
    time_limit : float
        Seconds for each program.

    Raises
    ------
    ValueError
        If there is no such Hamiltonian, or none was found in time.

    Notes
    -----
    SciPy's HiGHS solves the mixed-integer program: for each row exactly one choice of the
    auxiliary spins has the least energy, and all other states are above by the gap. What it
    returns is rounded to integers and then proven by enumeration of all states.

    Examples
    --------
    >>> found = synthesize([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1)])
    >>> found.hamiltonian.h, found.hamiltonian.J, found.gap
    ((1, 1, -2), ((0, 1, -1), (0, 2, 2), (1, 2, 2)), 4)
    """
    table = _check_rows(rows)
    check_choice("objective", objective, ("coefficients", "gap"))
    check_flag("three_body", three_body)
    largest = check_integer("largest coefficient", largest, 1, 1024)
    if auxiliary is None:
        counts = range(check_integer("most_auxiliary", most_auxiliary, 0, 8) + 1)
    else:
        counts = range(check_integer("auxiliary", auxiliary, 0, 8), auxiliary + 1)
    check_integer("spins of a truth table", table.shape[1] + counts[-1], 1, 16)
    late = False
    for count in counts:
        program = _Program(table, count, three_body, time_limit)
        theta = program.solve(largest, 2, "coefficients")
        late = late or program.late
        if theta is None:
            continue
        if objective == "gap":
            theta = program.largest_gap(largest, theta)
        return program.proven(theta)
    what = f"{counts[0]}" if len(counts) == 1 else f"up to {counts[-1]}"
    if late:
        raise ValueError(
            f"no Hamiltonian with {what} auxiliary spins was found in {time_limit} s"
        )
    raise ValueError(
        f"no Hamiltonian with {what} auxiliary spins and coefficients up to {largest} "
        "has exactly these rows as its states of least energy"
    )


def _check_rows(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    listed = [tuple(row) for row in rows]
    if not listed:
        raise ValueError("a truth table must have a valid row")
    lengths = {len(row) for row in listed}
    if len(lengths) > 1 or lengths == {0}:
        raise ValueError("the rows of a truth table must have one length, 1 or more")
    for bit in itertools.chain(*listed):
        if bit not in (0, 1):
            raise ValueError(f"a truth table must hold 0 and 1, not {shown(bit)}")
    return np.unique(2 * np.array(listed, np.int64) - 1, axis=0)


class _Program:
    """The program for one number of auxiliary spins."""

    def __init__(
        self, table: NDArray[np.int64], auxiliary: int, three_body: bool, time_limit: float
    ) -> None:
        self.table, self.auxiliary, self.time_limit = table, auxiliary, time_limit
        self.late = False
        visible = table.shape[1]
        self.size = n = visible + auxiliary
        index = np.arange(1 << n)
        self.states = 2 * ((index[:, None] >> np.arange(n)) & 1) - 1
        self.terms: list[tuple[int, ...]] = [(i,) for i in range(n)]
        self.terms += itertools.combinations(range(n), 2)
        if three_body:
            self.terms += itertools.combinations(range(n), 3)
        # Energies are -features @ theta.
        self.features = np.stack([self.states[:, t].prod(axis=1) for t in self.terms], axis=1)
        code = (table > 0) @ (1 << np.arange(visible))
        low = index % (1 << visible)
        self.groups = [np.flatnonzero(low == c) for c in code]
        self.invalid = np.flatnonzero(~np.isin(low, code))

    def solve(self, largest: int, gap: float, objective: str) -> NDArray[np.int64] | None:
        """Return integer coefficients of at least this gap, or None."""
        from scipy import optimize, sparse

        k = len(self.terms)
        choices = 1 << self.auxiliary
        z = len(self.groups) * choices if self.auxiliary else 0
        # Variables: coefficients above and below 0, the least energy, the gap, the choices.
        total = 2 * k + 2 + z
        least, gap_at = 2 * k, 2 * k + 1
        blocks, lower, upper = [], [], []
        big = 2.0 * largest * k + 4 * largest

        def energies(states: NDArray[np.int64]) -> NDArray[np.float64]:
            part = np.zeros((len(states), total))
            part[:, :k], part[:, k : 2 * k] = -self.features[states], self.features[states]
            part[:, least] = -1
            return part

        def add(part: NDArray[np.float64], low: float, high: float) -> None:
            blocks.append(sparse.csr_matrix(part))
            lower.append(np.full(len(part), low))
            upper.append(np.full(len(part), high))

        above = energies(self.invalid)
        above[:, gap_at] = -1
        add(above, 0, np.inf)
        for row, states in enumerate(self.groups):
            if not self.auxiliary:
                add(energies(states), 0, 0)
                continue
            chosen = 2 * k + 2 + row * choices + np.arange(choices)
            at_most, at_least, once = energies(states), energies(states), np.zeros((1, total))
            at_most[np.arange(choices), chosen] = big
            add(at_most, -np.inf, big)
            add(energies(states), 0, np.inf)
            at_least[:, gap_at] = -1
            at_least[np.arange(choices), chosen] = big
            add(at_least, 0, np.inf)
            once[0, chosen] = 1
            add(once, 1, 1)
        cost = np.zeros(total)
        bounds_low, bounds_high = np.zeros(total), np.full(total, float(largest))
        bounds_low[least], bounds_high[least] = -np.inf, np.inf
        bounds_low[gap_at], bounds_high[gap_at] = gap, np.inf
        bounds_high[2 * k + 2 :] = 1
        if self.auxiliary:
            # Inverting an auxiliary spin changes nothing: the first row has them all at -1.
            bounds_low[2 * k + 2] = 1
        if objective == "gap":
            cost[gap_at] = -1
        else:
            cost[: 2 * k] = 1
            bounds_high[gap_at] = gap
        integrality = np.ones(total)
        integrality[[least, gap_at]] = 0
        result: Any = optimize.milp(
            cost,
            constraints=optimize.LinearConstraint(
                sparse.vstack(blocks), np.concatenate(lower), np.concatenate(upper)
            ),
            bounds=optimize.Bounds(bounds_low, bounds_high),
            integrality=integrality,
            options={"time_limit": self.time_limit},
        )
        self.late = self.late or result.status == 1
        if result.x is None:
            return None
        return np.rint(result.x[:k] - result.x[k : 2 * k]).astype(np.int64)

    def largest_gap(self, largest: int, start: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the coefficients of the largest gap relative to the largest of them."""
        best, ratio = start, self._ratio(start)
        for bound in range(1, largest + 1):
            theta = self.solve(bound, 2, "gap")
            if theta is not None and self._ratio(theta) > ratio + 1e-9:
                best, ratio = theta, self._ratio(theta)
        return best

    def _ratio(self, theta: NDArray[np.int64]) -> float:
        levels = np.unique(-self.features @ theta)
        if len(levels) == 1:
            # Every state is right: there is no gap to make larger.
            return 0.0
        return float(levels[1] - levels[0]) / float(np.abs(theta).max())

    def proven(self, theta: NDArray[np.int64]) -> Synthesis:
        """Return the result, or raise if enumeration does not confirm it."""
        energies = -self.features @ theta
        ground = energies.min()
        states = np.flatnonzero(energies == ground)
        rows = self.states[states]
        visible = self.table.shape[1]
        found = np.unique(rows[:, :visible], axis=0)
        if len(rows) != len(self.table) or not np.array_equal(found, self.table):
            raise ValueError("the program's solution is not exact; try a smaller `largest`")
        links = dict(zip(self.terms, theta.tolist(), strict=True))
        hamiltonian = Hamiltonian(
            h=tuple(links[i,] for i in range(self.size)),
            J=tuple((*t, w) for t, w in links.items() if len(t) == 2),  # type: ignore[misc]
        )
        above = energies[energies > ground]
        return Synthesis(
            hamiltonian=hamiltonian,
            triples=tuple((*t, w) for t, w in links.items() if len(t) == 3 and w),  # type: ignore[misc]
            rows=tuple(map(tuple, rows.tolist())),
            ground_energy=int(ground),
            gap=int(above.min() - ground) if len(above) else 0,
        )
