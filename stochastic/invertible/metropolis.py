"""Metropolis' algorithm on bit planes: 64 replicas a word, one spin after the other."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_array, check_integer

from .hamiltonian import Hamiltonian
from .metropolis_kernel import PRECISION, MetropolisPlaces, sweep_planes
from .plane_program import ONES, PlaneProgram, add_bits
from .seeds import split_seed
from .spin_block import aligned_zeros, next_words

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MetropolisEngine"]

# Random numbers that each block of replicas holds.
POOL = 128

# The part of the moves that is not left out.
MOVES = 7 / 8

# Words of a plane in one pass, the most first.
BLOCKS = (8, 1)

# Temperatures of `anneal`, and its sweeps of descent at most.
FIRST, LAST, DESCENT = 0.9, 0.12, 8


class MetropolisEngine:
    """Many replicas that move one spin after the other by Metropolis' rule.

    Parameters
    ----------
    hamiltonian : Hamiltonian
    replicas : int
        A multiple of 64.
    seed : int
        From which the generators of each 64 replicas are seeded.
    threads : int
        Threads that share the replicas. It changes no result.

    Notes
    -----
    A spin flips if that costs the energy D = 2 m I, I its field, at most 2 X, where X is a
    random number of the law P(X >= x) = exp(-2 x / T): so uphill with the probability
    exp(-D / T). The binary digits of such an X are independent, and digit k is 1 with the
    probability 1 / (1 + exp(2^(k + 1) / T)), here a multiple of 2^-16. With the digits in
    planes the rule is the sign of one sum: I + X for m = -1, and I - X - 1 for m = +1.

    One move in 8 is left out at random. Otherwise moves that cost nothing, which are always
    taken, would carry all domain walls of a chain along in step, so that they never meet.

    The random numbers are for optimization: 128 of them are held, each is renewed after 1,024
    moves, and a move reads any of them, so that some spins of a replica read the same one.
    Replicas do not share any.

    Source of the rule: N. Metropolis et al., "Equation of State Calculations by Fast Computing
    Machines", Journal of Chemical Physics 21, 1953.
    """

    def __init__(
        self, hamiltonian: Hamiltonian, *, replicas: int = 512, seed: int = 1, threads: int = 1
    ) -> None:
        self.hamiltonian = hamiltonian
        self.replicas = check_integer("MetropolisEngine replicas", replicas, 64, 2**24)
        if self.replicas % 64:
            raise ValueError(
                f"MetropolisEngine replicas must be a multiple of 64, not {replicas}"
            )
        self.threads = check_integer("MetropolisEngine threads", threads, 1, 1024)
        n, (starts, _, weights) = hamiltonian.size, hamiltonian.rows
        index = np.repeat(np.arange(n), np.diff(starts))
        reaches = np.abs(np.array(hamiltonian.h, np.int64))
        np.add.at(reaches, index, np.abs(weights))
        self._reaches = reaches
        squares = np.array(hamiltonian.h, float) ** 2
        np.add.at(squares, index, weights.astype(float) ** 2)
        self._size = max(1e-9, float(np.sqrt(squares).mean()))
        self.digits = max(1, int(reaches.max(initial=1)).bit_length())
        counts = {
            "constants": 2,
            "state": 1,
            "draw": 1,
            "digits": self.digits,
            "sums": 64,
            "pool": POOL * (self.digits + 1),
            "spins": 2 * n,
        }
        self._places, begin = {}, 0
        for name, count in counts.items():
            self._places[name] = begin
            begin += count
        self._starts, self._code, self._widths, end = self._programs(begin)
        words, self._blocks = self.replicas // 64, []
        begin = 0
        for size in BLOCKS:
            for _ in range((words - begin) // size):
                self._blocks.append(aligned_zeros(end + 1, size))
                begin += size
        self.reset(seed)

    def _programs(
        self, scratch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
        """Return each spin's full adders of its field and its random number."""
        begins, neighbours, weights = (a.tolist() for a in self.hamiltonian.rows)
        program = PlaneProgram(scratch)
        starts, widths = [0], []
        spins, digits = self._places["spins"], self._places["digits"]
        for i, bias in enumerate(self.hamiltonian.h):
            row = range(begins[i], begins[i + 1])
            size = sum(abs(weights[e]) for e in row)
            width = (int(self._reaches[i]) + (1 << self.digits)).bit_length() + 1
            columns: list[list[int]] = [[] for _ in range(width)]
            for e in row:
                plane = spins + 2 * neighbours[e] + (weights[e] < 0)
                add_bits(columns, plane, 2 * abs(weights[e]))
            # X, or -X - 1, as a number of `digits` bits and a sign.
            for k in range(self.digits):
                columns[k].append(digits + k)
            columns[self.digits].append(spins + 2 * i + 1)
            add_bits(columns, ONES, (bias - size - (1 << self.digits)) % (1 << width))
            program.total(columns, self._places["sums"], width)
            starts.append(len(program.code))
            widths.append(width)
        code = np.array(program.code, np.int64).reshape(-1, 8)
        return np.array(starts), code, np.array(widths, np.int64), program.scratch_end

    def reset(self, seed: int) -> None:
        """Begin anew: all spins at random, the generators from a seed."""
        seeds, begin, ones = split_seed(seed, self.replicas // 64), 0, np.uint64(2**64 - 1)
        first = self._places["spins"]
        self._cursors = np.array([[1, 0]] * len(self._blocks), np.uint64)
        for planes in self._blocks:
            state = seeds[begin : begin + planes.shape[1]]
            begin += planes.shape[1]
            planes[1] = ones
            for i in range(self.hamiltonian.size):
                state = next_words(state)
                planes[first + 2 * i], planes[first + 2 * i + 1] = state, ~state
            planes[self._places["state"]] = state

    def run(self, temperatures: ArrayLike) -> None:
        """Do one sweep at each temperature T of ``[sweeps]``; 0 is descent.

        At 0 a spin moves where that costs nothing.
        """
        values = np.atleast_1d(check_array("temperatures must be", temperatures).astype(float))
        wrong = ~(values >= 0)
        if wrong.any():
            raise ValueError(
                f"temperatures must be numbers of 0 or more, not {values[wrong][0]}"
            )
        steps = 2.0 ** (1 + np.arange(self.digits))
        with np.errstate(divide="ignore", over="ignore"):
            chances = 1 / (1 + np.exp(steps / values[:, None]))
        chances = np.column_stack([chances, np.full(len(values), MOVES)])
        probabilities = np.rint(chances * 2**PRECISION).astype(np.int64)

        def work(planes: NDArray[np.uint64], cursor: NDArray[np.uint64]) -> None:
            size = planes.shape[1]
            where = MetropolisPlaces(
                **{name: self._places[name] * size for name in MetropolisPlaces._fields}
            )
            sweep_planes(
                (0,) * size,
                planes.reshape(-1),
                where,
                self._starts,
                (self._code * size).astype(np.int32),
                self._widths,
                probabilities,
                POOL,
                cursor,
            )

        if self.threads > 1 and len(self._blocks) > 1:
            with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(work, self._blocks, self._cursors))
        else:
            for planes, cursor in zip(self._blocks, self._cursors, strict=True):
                work(planes, cursor)

    def anneal(self, sweeps: int, first: float = FIRST) -> None:
        """Do so many sweeps at falling temperatures, the last of them descent.

        The temperature falls evenly from `first` to `LAST` times the size of a field whose
        terms have random signs: the mean over all spins of sqrt(h_i^2 + sum_j J_ij^2).
        """
        sweeps = check_integer("sweeps", sweeps, 1, 2**40)
        descent = min(DESCENT, sweeps // 2)
        self.run(
            np.append(
                self._size * np.linspace(first, LAST, sweeps - descent), np.zeros(descent)
            )
        )

    @property
    def spins(self) -> NDArray[np.int16]:
        """All spins, -1 or +1, int16 ``[replicas, n]``."""
        first = self._places["spins"]
        last = first + 2 * self.hamiltonian.size
        parts = [
            np.unpackbits(
                np.ascontiguousarray(planes[first:last:2]).view(np.uint8),
                axis=1,
                bitorder="little",
            )
            for planes in self._blocks
        ]
        return np.concatenate(parts, axis=1).T * np.int8(2) - np.int8(1)
