"""Solvers for problems: rounds of annealing until a time is up or the best value is reached."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_choice, check_integer, check_number

from .annealing import PLANS
from .gibbs import GibbsSampler
from .hamiltonian import Hamiltonian
from .metropolis import MetropolisEngine
from .problem import Problem
from .tempering import temper

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SOLVERS", "Progress", "Solution", "solve"]

# The plans that each solver takes in turn.
SOLVERS: dict[str, tuple[str, ...]] = {
    "metropolis": (),
    "serial": ("serial", "serial_dense"),
    "ssa": ("ssa",),
    "ssqa": ("ssqa",),
    "published": ("published",),
    "tempering": (),
    "gibbs": (),
}

REPLICAS = 512

# First temperatures of the Metropolis rounds in turn: planar graphs do best from the lower one
# and dense ones from the higher.
FIRST_TEMPERATURES = (0.9, 0.55)


@dataclasses.dataclass(frozen=True)
class Progress:
    """The best state so far: its value, after how many spin updates, seconds and rounds."""

    value: int
    updates: int
    seconds: float
    rounds: int


@dataclasses.dataclass(frozen=True)
class Solution:
    """The answer of `solve`.

    Attributes
    ----------
    kind : str
        "maxcut", "cnf", "qubo" or "ising".
    variables : int
    value : int
        The cut, the satisfied clauses or the energy, computed from the problem itself.
    best_known : int or None
        Where the problem's file says it.
    assignment : tuple of int
        The variables, 0 or 1.
    updates : int
        Spin updates of all replicas.
    seconds, reached_after : float
        Of the whole run, and until this value was first seen.
    rounds, seed : int
    solver : str
    """

    kind: str
    variables: int
    value: int
    best_known: int | None
    assignment: tuple[int, ...]
    updates: int
    seconds: float
    reached_after: float
    rounds: int
    seed: int
    solver: str

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        return {**dataclasses.asdict(self), "assignment": list(self.assignment)}


def solve(
    problem: Problem,
    *,
    solver: str = "metropolis",
    seconds: float = 10.0,
    rounds: int | None = None,
    cycles: int = 1000,
    seed: int = 1,
    threads: int = 1,
    target: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Look for the best answer of a problem.

    Parameters
    ----------
    problem : Problem
    solver : {"metropolis", "serial", "ssa", "ssqa", "published", "tempering", "gibbs"}
    seconds : float
        No round begins later.
    rounds : int, optional
        At most so many; with it the answer depends on seed and threads alone, if the time
        suffices.
    cycles : int
        Of the first round; every second one has twice as many as those before.
    seed : int
    threads : int
        Of most solvers each has 512 replicas, so that another number gives another search.
    target : int, optional
        Stop when this value is reached; by default the best known or the perfect one.
    progress : callable, optional
        Called with a `Progress` after each round.

    Returns
    -------
    Solution
        Its value is computed from the problem and the assignment, not from the energy.
    """
    check_choice("solver", solver, tuple(SOLVERS))
    if not 0 < check_number("seconds", seconds) <= 10**7:
        raise ValueError(f"seconds must be above 0 and at most 10000000, not {seconds}")
    if rounds is not None:
        rounds = check_integer("rounds", rounds, 1, 2**31)
    cycles = check_integer("cycles", cycles, 1, 2**30)
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    threads = check_integer("threads", threads, 1, 1024)
    if target is None:
        target = problem.perfect if problem.perfect is not None else problem.best_known
    sign = 1 if problem.maximize else -1
    hamiltonian = problem.hamiltonian
    begin, now, updates, done = time.perf_counter(), 0.0, 0, 0
    best: int | None = None
    state: NDArray[Any] = np.ones(hamiltonian.size, np.int8)
    reached = 0.0
    speed = 0.0
    anneal = _rounds(hamiltonian, solver, seed, threads)
    while True:
        count = cycles << (done // 2)
        if speed and rounds is None:
            # The last round is as long as the time that is left.
            count = max(1, min(count, int(speed * (seconds - now))))
        begin_round = time.perf_counter()
        spins = anneal(done, count)
        speed = count / (time.perf_counter() - begin_round)
        values = problem.value(spins)
        k = int(np.argmax(sign * values))
        updates += len(spins) * hamiltonian.size * count
        done += 1
        now = time.perf_counter() - begin
        if best is None or sign * int(values[k]) > sign * best:
            best, state, reached = int(values[k]), spins[k].copy(), now
        if progress is not None:
            progress(Progress(best, updates, now, done))
        enough = target is not None and sign * best >= sign * target
        if enough or now >= 0.98 * seconds or done == rounds:
            break
    assignment = tuple((state[: problem.variables] > 0).astype(int).tolist())
    checked = 2 * np.array([*assignment, *[0] * (hamiltonian.size - problem.variables)]) - 1
    return Solution(
        kind=problem.kind,
        variables=problem.variables,
        value=int(problem.value(checked)),
        best_known=problem.best_known,
        assignment=assignment,
        updates=updates,
        seconds=now,
        reached_after=reached,
        rounds=done,
        seed=seed,
        solver=solver,
    )


def _rounds(
    hamiltonian: Hamiltonian, solver: str, seed: int, threads: int
) -> Callable[[int, int], NDArray[Any]]:
    """Return what gives the spins of all replicas after round `index` of so many cycles."""
    replicas = REPLICAS * max(1, threads)
    if solver == "metropolis":
        engine = MetropolisEngine(hamiltonian, replicas=replicas, threads=threads)

    def anneal(index: int, cycles: int) -> NDArray[Any]:
        own = (seed + 0x9E3779B1 * index) % 2**63
        if solver == "metropolis":
            engine.reset(own)
            engine.anneal(cycles, FIRST_TEMPERATURES[index % 2])
            return engine.spins
        if solver == "gibbs":
            sigma, _ = PLANS["serial"].sizes(hamiltonian)
            sampler = GibbsSampler(hamiltonian, replicas=64, seed=own)
            sampler.run(np.geomspace(0.1, 10.0, cycles) / sigma)
            return sampler.spins
        if solver == "tempering":
            return temper(hamiltonian, cycles, seed=own, threads=threads).best_spins
        names = SOLVERS[solver]
        plan = PLANS[names[index % len(names)]]
        return plan.anneal(
            hamiltonian, cycles, replicas=replicas, seed=own, threads=threads
        ).spins

    return anneal
