"""Correlation of streams that share one generator: a table of ways to share it.

Run it with ``python -m examples.shared_generator``.
"""

from __future__ import annotations

from stochastic import (
    Counter,
    Generator,
    Lfsr,
    Permuted,
    Sobol,
    VanDerCorput,
    sharing_error,
)

__all__ = ["main", "rows"]

LFSR = Lfsr(width=8)
PERIOD = 255


def permuted(order: tuple[int, ...]) -> Permuted:
    """Return the 8-bit LFSR with its bits in another order."""
    return Permuted(width=8, generator=LFSR, order=order)


def rows() -> list[tuple[str, float, float, float]]:
    """Return for each way its name, mean SCC, and RMS and largest error of a product."""
    ways: list[tuple[str, Generator, Generator, int]] = [
        ("the same words", LFSR, LFSR, PERIOD),
        *((f"rotated by {by}", LFSR, LFSR.rotated(by), PERIOD) for by in range(1, 8)),
        ("bits reversed", LFSR, permuted((7, 6, 5, 4, 3, 2, 1, 0)), PERIOD),
        ("bits in the order 3 7 0 5 2 6 1 4", LFSR, permuted((3, 7, 0, 5, 2, 6, 1, 4)), PERIOD),
        *(
            (f"delayed by {cycles}", LFSR, LFSR.delayed(cycles), PERIOD)
            for cycles in (1, 2, 4, 8, 16, 32, 64, 128)
        ),
        ("a second LFSR, Galois form", LFSR, Lfsr(width=8, form="galois", seed=77), PERIOD),
        ("counter, and its bits reversed", Counter(width=8), VanDerCorput(width=8), 256),
        ("Sobol, dimensions 0 and 1", Sobol(width=8), Sobol(width=8, dimension=1), 256),
    ]
    found = []
    for name, first, second, length in ways:
        error = sharing_error(first, second, length)
        found.append((name, error.scc, error.rms, error.largest))
    return found


def main() -> None:
    """Print the table as Markdown."""
    print("| second stream | mean SCC | RMS error | largest error |")
    print("|---|---|---|---|")
    for name, scc, rms, largest in rows():
        print(f"| {name} | {scc:.3f} | {rms:.4f} | {largest:.4f} |")


if __name__ == "__main__":
    main()
