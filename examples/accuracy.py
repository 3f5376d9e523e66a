"""Error of a stochastic multiplier against stream length, for several generators.

    python -m examples.accuracy --out runs/accuracy

writes a table (CSV) and a picture (PNG) of the root mean square error of x * y over random
unipolar x and y. Each pair of 16-bit generators is measured at stream lengths 2^4 to 2^16 and
compared with the expected error of independent bits.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
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


def rms_errors(lengths: list[int], products: int, seed: int) -> dict[str, list[float]]:
    """Return the root mean square error of each pair at each length."""
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, products))
    # The operands are codes already, so that the errors exclude the rounding to 16 bits.
    x, y = np.rint(x * 2**WIDTH) / 2**WIDTH, np.rint(y * 2**WIDTH) / 2**WIDTH
    errors: dict[str, list[float]] = {}
    with progress_bar() as bar:
        for name, pair in bar.track(PAIRS.items(), description="multiplying"):
            errors[name] = []
            for n in lengths:
                error = product_counts(x, y, pair, n, "unipolar") / n - x * y
                errors[name].append(float(np.sqrt(np.mean(error**2))))
    return errors


def independent_bits_error(length: int) -> float:
    """Return the expected RMS error of independent bits.

    The variance of the mean of N bits is p q (1 - p q) / N, and its average over uniform p
    and q is (1/4 - 1/9) / N.
    """
    return float(np.sqrt((1 / 4 - 1 / 9) / length))


def draw(path: Path, lengths: list[int], errors: dict[str, list[float]]) -> None:
    """Draw the measured errors and the expected error of independent bits."""
    figure, axes = new_figure(figsize=(6.4, 4))
    for name, values in errors.items():
        axes.loglog(lengths, values, marker="o", markersize=3, label=name)
    expected = [independent_bits_error(n) for n in lengths]
    axes.loglog(lengths, expected, "k--", label=r"$\sqrt{5/(36N)}$")
    axes.set(xlabel="stream length N", ylabel="RMS error of x·y", title="Stochastic multiplier")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    save_figure(figure, path)


def main() -> None:
    """Measure the errors, write the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/accuracy"), help="output directory"
    )
    parser.add_argument("--products", type=int, default=2000, help="number of random products")
    parser.add_argument("--seed", type=int, default=1, help="seed of the operands")
    arguments = parser.parse_args()
    check_directory(arguments.out)
    lengths = [1 << k for k in range(4, WIDTH + 1)]
    errors = rms_errors(lengths, arguments.products, arguments.seed)
    with writing(arguments.out / "accuracy.csv") as file:
        table = csv.writer(file)
        table.writerow(["length", *errors, "independent bits"])
        for i, n in enumerate(lengths):
            measured = [f"{values[i]:.3e}" for values in errors.values()]
            table.writerow([n, *measured, f"{independent_bits_error(n):.3e}"])
    draw(arguments.out / "accuracy.png", lengths, errors)
    print((arguments.out / "accuracy.csv").read_text())


if __name__ == "__main__":
    exit_with(main)
