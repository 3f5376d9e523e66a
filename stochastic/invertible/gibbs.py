"""Gibbs sampling, one colour of the graph after the other: the exact reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_integer, check_number
from fixedpoint.kernels.compiled import compiled

from .hamiltonian import Hamiltonian
from .seeds import split_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["GibbsSampler", "colours"]


class GibbsSampler:
    """Independent Markov chains whose law is exactly P(m) proportional to exp(-beta E(m)).

    Parameters
    ----------
    hamiltonian : Hamiltonian
    replicas : int
        Chains, 1 or more.
    seed : int
        From which each chain's generator is seeded.

    Notes
    -----
    A sweep gives each spin a new value: +1 with the probability 1 / (1 + exp(-2 beta I)), I its
    field. Spins of one colour are not neighbours, so they could move at once; colours follow
    each other. Probabilities are rounded to multiples of 2^-53. Each chain has an
    xorshift64* generator (S. Vigna, ACM TOMS 42(4), 2016).
    """

    def __init__(self, hamiltonian: Hamiltonian, *, replicas: int = 64, seed: int = 1) -> None:
        self.hamiltonian = hamiltonian
        count = check_integer("GibbsSampler replicas", replicas, 1, 2**24)
        self._states = split_seed(seed, count)
        self.spins = np.ones((count, hamiltonian.size), np.int8)
        self._order = np.argsort(colours(hamiltonian), kind="stable")
        starts, _, weights = hamiltonian.rows
        self._reach = max(
            (
                abs(hamiltonian.h[i]) + int(np.abs(weights[starts[i] : starts[i + 1]]).sum())
                for i in range(hamiltonian.size)
            ),
            default=0,
        )

    def run(self, betas: ArrayLike) -> None:
        """Do one sweep at each inverse temperature of ``[sweeps]``."""
        values = np.atleast_1d(np.asarray(betas, float))
        fields = np.arange(-self._reach, self._reach + 1)
        last, table = None, np.empty(len(fields))
        for beta in values:
            check_number("beta", float(beta))
            if beta != last:
                table = 0.5 + 0.5 * np.tanh(beta * fields)
                last = beta
            _sweep(
                self.spins,
                self._states,
                self._order,
                np.array(self.hamiltonian.h, np.int64),
                *self.hamiltonian.rows,
                table,
                self._reach,
            )


def colours(hamiltonian: Hamiltonian) -> NDArray[np.int64]:
    """Return a colour of each spin, 0, 1 ..., so that neighbours differ: greedy, by degree."""
    starts, neighbours, _ = hamiltonian.rows
    found = np.full(hamiltonian.size, -1, np.int64)
    for i in np.argsort(-np.diff(starts), kind="stable").tolist():
        used = set(found[neighbours[starts[i] : starts[i + 1]]].tolist())
        found[i] = next(c for c in range(hamiltonian.size) if c not in used)
    return found


@compiled
def _sweep(spins, states, order, h, starts, neighbours, weights, table, reach):
    for r in range(len(spins)):
        state = states[r]
        for i in order:
            field = h[i]
            for e in range(starts[i], starts[i + 1]):
                field += weights[e] * spins[r, neighbours[e]]
            state ^= state >> np.uint64(12)
            state ^= state << np.uint64(25)
            state ^= state >> np.uint64(27)
            word = state * np.uint64(0x2545F4914F6CDD1D)
            uniform = np.float64(word >> np.uint64(11)) * 2.0**-53
            spins[r, i] = 1 if uniform < table[field + reach] else -1
        states[r] = state
