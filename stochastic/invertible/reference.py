"""The spin network's equations in a few lines of plain Python, for any number of replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .hamiltonian import Hamiltonian, sparse_rows
from .noise import Noise
from .seeds import split_seed

__all__ = ["noise_words", "reference_run"]

MASK = 2**64 - 1


def reference_run(
    hamiltonian: Hamiltonian,
    *,
    noise: Noise,
    limits: Sequence[int],
    replicas: int = 64,
    seed: int = 1,
    symmetric: bool = False,
    initial: str = "random",
    order: str = "synchronous",
    directed: Sequence[tuple[int, int, int]] = (),
    ring: int = 1,
    couplings: Sequence[int] | None = None,
) -> Iterator[list[list[int]]]:
    """Yield the counters ``[replica][spin]`` at the start and after each cycle.

    The arguments are those of `SpinEngine`, whose states these are.
    """
    n = hamiltonian.size
    links = [*hamiltonian.J, *((j, i, w) for i, j, w in hamiltonian.J), *directed]
    starts, neighbours, weights = (a.tolist() for a in sparse_rows(n, links, directed=True))
    sources = [noise_words(s) for s in split_seed(seed, replicas // 64).tolist()]
    counters = [[0] * n for _ in range(replicas)]
    if initial == "random":
        for i in range(n):
            words = [next(source) for source in sources]
            for r in range(replicas):
                counters[r][i] = 0 if words[r // 64] >> (r % 64) & 1 else -1
    yield [list(row) for row in counters]
    for t, limit in enumerate(limits):
        spins = [[1 if counter >= 0 else -1 for counter in row] for row in counters]
        top = limit if symmetric else limit - 1
        for i in range(n):
            drawn = [[next(source) for _ in range(noise.bits)] for source in sources]
            for r in range(replicas):
                bits = sum((w >> (r % 64) & 1) << k for k, w in enumerate(drawn[r // 64]))
                field = hamiltonian.h[i] + noise.value(bits)
                for e in range(starts[i], starts[i + 1]):
                    field += weights[e] * spins[r][neighbours[e]]
                if couplings is not None and ring > 1:
                    above = r + 1 if (r + 1) % ring else r + 1 - ring
                    field += couplings[t] * spins[above][i]
                counters[r][i] = max(-limit, min(counters[r][i] + field, top))
            if order == "serial":
                for r in range(replicas):
                    spins[r][i] = 1 if counters[r][i] >= 0 else -1
        yield [list(row) for row in counters]


def noise_words(state: int) -> Iterator[int]:
    """Yield the states of the 64-bit xorshift generator after `state`: shifts 13, 7, 17."""
    while True:
        state ^= state << 13 & MASK
        state ^= state >> 7
        state ^= state << 17 & MASK
        yield state
