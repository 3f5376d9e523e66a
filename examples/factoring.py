"""Factoring of random semiprimes, beside blind guessing and Gibbs sampling.

    python -m examples.factoring [--bits 4 5 6 ...] [--numbers 10] [--seconds 5]

For each size, numbers are products of two primes drawn uniformly among those of so many bits.
A multiplier with its product clamped runs at a constant limit; each cycle of each replica is
one try: its operands are multiplied and compared. The mean number of tries to a hit is all
tries divided by all hits, with the 95 % interval of a Poisson count. A blind guess draws the
free bits of both operands, all but the lowest, which is 1; the mean number of guesses is exact,
and how many a compiled loop makes in a second is measured. All times are processor time.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from fixedpoint.kernels.compiled import compiled
from stochastic.invertible import (
    GibbsSampler,
    Noise,
    ProductWatch,
    SpinEngine,
    factorizer,
    is_prime,
)

from .exit_status import exit_with

LIMIT, NOISE = 4, Noise(weight=6, density=1, density_bits=1)
BETA = 0.3


def semiprimes(bits: int, count: int, seed: int) -> list[tuple[int, int]]:
    """Return pairs of primes of exactly so many bits."""
    rng = np.random.default_rng(seed)
    pairs = []
    while len(pairs) < count:
        p, q = (int(v) for v in rng.integers(1 << (bits - 1), 1 << bits, 2))
        if is_prime(p) and is_prime(q) and p % 2 and q % 2:
            pairs.append((p, q))
    return pairs


def guesses(bits: int, p: int, q: int) -> float:
    """Return the mean number of blind guesses: two answers among all pairs of odd numbers."""
    return 4.0 ** (bits - 1) / (1 if p == q else 2)


@compiled
def guess(number, bits, count, state):
    """Guess two odd operands so many times; return the hits and the generator's state."""
    hits, free = 0, np.uint64((1 << bits) - 1)
    for _ in range(count):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        a, b = (state & free) | np.uint64(1), (state >> np.uint64(32) & free) | np.uint64(1)
        hits += a * b == number
    return hits, state


def guess_rate() -> float:
    """Return the blind guesses of a compiled loop in a second, the best of five."""
    number, state, best = np.uint64(143), np.uint64(88172645463325252), float("inf")
    guess(number, 4, 1, state)
    for _ in range(5):
        begin = time.process_time()
        _, state = guess(number, 4, 2_000_000, state)
        best = min(best, time.process_time() - begin)
    return 2_000_000 / best


def spin_tries(bits: int, number: int, seconds: float, seed: int) -> tuple[float, int, float]:
    """Return tries, hits and seconds of the spin engine, restarted when half have hit."""
    _, problem = factorizer(number, bits, bits)
    watch = ProductWatch(first=problem.ports["a"], second=problem.ports["b"], product=number)
    tries, hits, begin, turn = 0.0, 0, time.process_time(), 0
    while time.process_time() - begin < seconds:
        engine = SpinEngine(
            problem.hamiltonian,
            noise=NOISE,
            limit=LIMIT,
            replicas=512,
            seed=seed + 1000 * turn,
            watch=watch,
        )
        batch = 64
        while time.process_time() - begin < seconds and engine.done.mean() < 0.5:
            engine.run(np.full(batch, LIMIT))
            batch = min(4096, 2 * batch)
        done = engine.done
        tries += float(np.where(done, engine.times, engine.cycles).sum())
        hits, turn = hits + int(done.sum()), turn + 1
        if hits >= 400:
            break
    return tries, hits, time.process_time() - begin


def gibbs_tries(bits: int, number: int, seconds: float, seed: int) -> tuple[float, int, float]:
    """Return tries, hits and seconds of Gibbs sampling; a try is a sweep of a replica."""
    _, problem = factorizer(number, bits, bits)
    sampler = GibbsSampler(problem.hamiltonian, replicas=256, seed=seed)
    live = np.ones(256, bool)
    powers = 1 << np.arange(bits)
    tries, begin = 0.0, time.process_time()
    while time.process_time() - begin < seconds and live.mean() > 0.5:
        sampler.run([BETA])
        tries += float(live.sum())
        a, b = (problem.bits(sampler.spins, problem.ports[name]) @ powers for name in "ab")
        live &= a * b != number
    return tries, int((~live).sum()), time.process_time() - begin


def interval(tries: float, hits: int) -> str:
    """Return the mean tries to a hit, with its 95 % interval."""
    if not hits:
        return f"> {tries / 3:.2g}"
    spread = 1.96 / np.sqrt(hits)
    return f"{tries / hits:.3g} ±{100 * spread:.0f} %"


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bits", type=int, nargs="+", default=list(range(4, 15)))
    parser.add_argument("--numbers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each number and method")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    table = Table(title="Mean tries to a hit, and seconds to a hit with 99 % on one core")
    for heading in (
        "bits of the product",
        "numbers",
        "blind guesses",
        "99 %",
        "spin gates",
        "guesses / tries",
        "99 %",
        "Gibbs",
        "99 %",
    ):
        table.add_column(heading, justify="right")
    guess_seconds = np.log(100) / guess_rate()
    for bits in options.bits:
        pairs = semiprimes(bits, options.numbers, options.seed + bits)
        blind = float(np.mean([guesses(bits, p, q) for p, q in pairs]))
        cells, rates = [], []
        for method in (spin_tries, gibbs_tries):
            results = [
                method(bits, p * q, options.seconds, options.seed + k)
                for k, (p, q) in enumerate(pairs)
            ]
            tries, hits, seconds = (sum(column) for column in zip(*results, strict=True))
            cells += [interval(tries, int(hits))]
            rates += [seconds / hits * np.log(100) if hits else float("inf")]
            if method is spin_tries:
                ratio = blind / (tries / hits) if hits else 0.0
        table.add_row(
            str(2 * bits),
            str(len(pairs)),
            f"{blind:.3g}",
            f"{blind * guess_seconds:.2g} s",
            cells[0],
            f"{ratio:.2f}",
            f"{rates[0]:.2g} s",
            cells[1],
            f"{rates[1]:.2g} s",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    exit_with(main)
