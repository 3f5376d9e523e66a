"""Factoring by a multiplier that runs backwards."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_choice, check_integer

from .arithmetic import multiplier
from .hamiltonian import Hamiltonian
from .logic_network import LogicNetwork, LogicProblem
from .noise import Noise
from .spin_engine import SpinEngine
from .spin_programs import ProductWatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FactorProgress", "Factors", "factor", "factor_widths", "factorizer", "is_prime"]

# Bits of the widest number that is factored.
WIDEST = 62

# Seconds between two looks at the energies of all replicas.
LOOK = 0.2

# For each cell the limit and the noise of the fewest cycles to a solution, as measured.
SETTINGS = {
    "gates": (4, Noise(weight=6, density=1, density_bits=1)),
    "multiply_add": (16, Noise(weight=24, density=1, density_bits=1)),
}


@dataclasses.dataclass(frozen=True)
class Factors:
    """The answer of `factor`.

    Attributes
    ----------
    number : int
    factors : tuple of int
        Two factors, neither of them 1, in rising order; empty where none were found in time.
    cycles : int
        Cycles of all replicas until the first had the factors.
    updates : int
        Spin updates of all replicas.
    seconds : float
    replicas, seed : int
    """

    number: int
    factors: tuple[int, ...]
    cycles: int
    updates: int
    seconds: float
    replicas: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        return {**dataclasses.asdict(self), "factors": list(self.factors)}


@dataclasses.dataclass(frozen=True)
class FactorProgress:
    """How far a search for factors is.

    Attributes
    ----------
    cycles : int
    updates : int
        Spin updates of all replicas.
    seconds : float
    excess : int
        The least energy seen so far, above that of a state in which all gates are right.
    operands : (int, int)
        The operands of that state.
    """

    cycles: int
    updates: int
    seconds: float
    excess: int
    operands: tuple[int, int]


def is_prime(number: int) -> bool:
    """Tell whether a number below 2^64 is prime: Miller and Rabin's test with 12 bases.

    Source of the bases: J. Sorenson and J. Webster, "Strong pseudoprimes to twelve prime
    bases", Mathematics of Computation 86, 2017.
    """
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if number < 2:
        return False
    for base in bases:
        if number % base == 0:
            return number == base
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def factor_widths(number: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of operand widths that find the factors of any composite number.

    The first has two equal halves and finds balanced factors. The second has the width of the
    square root, which the smaller factor has, and the width of half the number.
    """
    bits = number.bit_length()
    half = -(-bits // 2)
    pairs = ((half, half), (half, bits - 1))
    return pairs[:1] if pairs[0] == pairs[1] else pairs


def factorizer(
    number: int, a_bits: int, b_bits: int, *, cell: str = "gates"
) -> tuple[LogicNetwork, LogicProblem]:
    """Return the multiplier with its product clamped, and its free spins.

    Both operands of an odd number are odd, so their lowest bits are clamped to 1.

    Raises
    ------
    ValueError
        If the number is below 4, prime, or too wide for the operands.
    """
    check_factorable(number)
    if number.bit_length() > a_bits + b_bits:
        raise ValueError(
            f"{number} has {number.bit_length()} bits, but operands of {a_bits} and {b_bits} "
            f"bits have a product of {a_bits + b_bits}"
        )
    network = multiplier(a_bits, b_bits, cell=cell)
    network.clamp("p", number)
    if number % 2:
        for name in ("a", "b"):
            network.clamp(network.ports[name][:1], 1)
    return network, network.build()


def check_factorable(number: int) -> int:
    """Return the number as an int, or say why it has no two factors to be found."""
    number = check_integer("the number to factor", number, -(2**200), 2**200)
    if number < 4:
        raise ValueError(f"the number to factor must be 4 or more, not {number}")
    if number.bit_length() > WIDEST:
        raise ValueError(
            f"the number to factor must have {WIDEST} bits or fewer, not {number.bit_length()}"
        )
    if is_prime(number):
        raise ValueError(f"{number} is prime: it has no factors but 1 and itself")
    return number


def factor(
    number: int,
    *,
    bits: tuple[int, int] | None = None,
    seconds: float = 60.0,
    replicas: int = 512,
    seed: int = 1,
    threads: int = 1,
    noise: Noise | None = None,
    limit: int | None = None,
    cell: str = "gates",
    progress: Callable[[FactorProgress], None] | None = None,
) -> Factors:
    """Look for two factors of a number.

    Parameters
    ----------
    number : int
        A composite number, 4..2^62 - 1.
    bits : (int, int), optional
        Widths of the operands; by default those of `factor_widths` in turn.
    seconds : float
        After which no further cycles begin.
    replicas, seed, threads, noise, limit
        As for `SpinEngine`; I0 stays at `limit`. By default those of `SETTINGS`.
    cell : {"gates", "multiply_add"}
        As for `multiplier`.
    progress : callable, optional
        Called with a `FactorProgress` after a batch of cycles, five times a second at most.

    Returns
    -------
    Factors
        Checked: their product is the number.

    Notes
    -----
    The spins of each replica are read as two numbers in every cycle; a replica has found the
    factors when their product is right, even where spins inside the multiplier still disagree.
    1 and the number itself are no answer: such a replica looks on.
    """
    number = check_factorable(number)
    check_choice("cell", cell, tuple(SETTINGS))
    limit = SETTINGS[cell][0] if limit is None else limit
    noise = SETTINGS[cell][1] if noise is None else noise
    pairs = (bits,) if bits is not None else factor_widths(number)
    begin = time.perf_counter()
    engines: list[tuple[SpinEngine, LogicProblem]] = []
    for pair in pairs:
        a_bits, b_bits = (check_integer("operand bits", b, 1, WIDEST) for b in pair)
        _, problem = factorizer(number, a_bits, b_bits, cell=cell)
        watch = ProductWatch(
            first=problem.ports["a"], second=problem.ports["b"], product=number
        )
        if not problem.hamiltonian.size:
            problem = _one_free_spin(problem)
        engine = SpinEngine(
            problem.hamiltonian,
            noise=noise,
            limit=limit,
            replicas=replicas,
            seed=seed,
            watch=watch,
            threads=threads,
        )
        engines.append((engine, problem))
    updates, batch, looked = 0, 64, -LOOK
    best: tuple[int, tuple[int, int]] | None = None
    while True:
        for engine, problem in engines:
            engine.run(np.full(batch, limit))
            updates += batch * replicas * problem.hamiltonian.size
            found, cycles = _first_factors(engine, problem, number)
            if found:
                passed = time.perf_counter() - begin
                return Factors(number, found, cycles, updates, passed, replicas, seed)
        now = time.perf_counter() - begin
        if progress is not None and now - looked >= LOOK:
            looks = [_best_state(engine.spins, problem) for engine, problem in engines]
            best = min(looks if best is None else [best, *looks])
            progress(FactorProgress(engines[0][0].cycles, updates, now, *best))
            looked = now
        if now >= seconds:
            return Factors(number, (), engines[0][0].cycles, updates, now, replicas, seed)
        batch = min(2 * batch, 4096)


def _first_factors(
    engine: SpinEngine, problem: LogicProblem, number: int
) -> tuple[tuple[int, ...], int]:
    """Return the factors that a replica had first and when, or () and 0.

    A replica that holds 1 and the number, which wide operands can, looks on.
    """
    done = np.flatnonzero(engine.done)
    if not len(done):
        return (), 0
    times, states = engine.times[done], engine.best_spins[done]
    for k in np.argsort(times, kind="stable"):
        values = problem.values(states[k])
        low, high = sorted((values["a"], values["b"]))
        if low > 1 and low * high == number:
            return (low, high), int(times[k])
    engine.look_on(done)
    return (), 0


def _best_state(spins: NDArray[np.int16], problem: LogicProblem) -> tuple[int, tuple[int, int]]:
    """Return the least excess energy of states ``[replicas, n]``, and that state's operands."""
    energies = problem.hamiltonian.energy(spins)
    k = int(energies.argmin())
    values = problem.values(spins[k])
    return int(energies[k]) - problem.ground_energy, (values["a"], values["b"])


def _one_free_spin(problem: LogicProblem) -> LogicProblem:
    """Return a problem without free spins with one that nothing reads."""
    return dataclasses.replace(problem, hamiltonian=Hamiltonian(h=(0,)))
