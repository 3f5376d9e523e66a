"""Error of a stochastic multiplier against stream length, beside what theory says.

    python -m examples.accuracy --out runs/accuracy

writes a table (CSV) and a picture (PNG) of the root mean square error of x * y over random
unipolar x and y, for pairs of generators of 16 bits, at lengths 2^4 .. 2^16.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from examples.command import finish
from fixedpoint.circuit.files import check_directory, writing
from sim.progress import progress_bar
from stochastic import Halton, Lfsr, Pcg, Sobol, product_counts

WIDTH = 16
PAIRS = {
    "random (PCG)": (Pcg(width=WIDTH, seed=1), Pcg(width=WIDTH, seed=2)),
    "LFSR": (
        Lfsr(width=WIDTH, seed=1),
        Lfsr(width=WIDTH, seed=11, form="galois", taps=(16, 14, 13, 11)),
    ),
    "Halton 2, 3": (Halton(width=WIDTH, base=2), Halton(width=WIDTH, base=3)),
    "Sobol 0, 1": (Sobol(width=WIDTH, dimension=0), Sobol(width=WIDTH, dimension=1)),
}


def errors(lengths: list[int], products: int, seed: int) -> dict[str, list[float]]:
    """Return the root mean square error of each pair at each length."""
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, products))
    # The circuit multiplies codes: the error of rounding to 16 bits is not its own.
    x, y = np.rint(x * 2**WIDTH) / 2**WIDTH, np.rint(y * 2**WIDTH) / 2**WIDTH
    found: dict[str, list[float]] = {}
    with progress_bar() as bar:
        for name, pair in bar.track(PAIRS.items(), description="multiplying"):
            found[name] = []
            for n in lengths:
                wrong = product_counts(x, y, pair, n, "unipolar") / n - x * y
                found[name].append(float(np.sqrt(np.mean(wrong**2))))
    return found


def theory(length: int) -> float:
    """Return the error with independent bits: sqrt(mean(pq (1 - pq)) / N), p, q uniform."""
    return float(np.sqrt((1 / 4 - 1 / 9) / length))


def draw(path: Path, lengths: list[int], found: dict[str, list[float]]) -> None:
    """Draw the errors and the law of independent bits."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4), layout="constrained")
    for name, values in found.items():
        axes.loglog(lengths, values, marker="o", markersize=3, label=name)
    axes.loglog(lengths, [theory(n) for n in lengths], "k--", label=r"$\sqrt{5/(36N)}$")
    axes.set(xlabel="stream length N", ylabel="RMS error of x·y", title="Stochastic multiplier")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    pyplot.close(figure)


def main() -> None:
    """Measure, write the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/accuracy"))
    parser.add_argument("--products", type=int, default=2000, help="random products")
    parser.add_argument("--seed", type=int, default=1, help="of the operands")
    arguments = parser.parse_args()
    check_directory(arguments.out)
    lengths = [1 << k for k in range(4, WIDTH + 1)]
    found = errors(lengths, arguments.products, arguments.seed)
    with writing(arguments.out / "accuracy.csv") as file:
        table = csv.writer(file)
        table.writerow(["length", *found, "independent bits"])
        for i, n in enumerate(lengths):
            table.writerow([n, *(f"{v[i]:.3e}" for v in found.values()), f"{theory(n):.3e}"])
    draw(arguments.out / "accuracy.png", lengths, found)
    print((arguments.out / "accuracy.csv").read_text())


if __name__ == "__main__":
    finish(main)
