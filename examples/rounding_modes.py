"""Pictures of all rounding modes with the distribution of their errors.

    python -m examples.rounding_modes --output rounding_modes.png

draws every mode, and prints its bias, its mean square error and its names in other tools.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.exit_status import exit_with
from examples.picture import new_figure, save_figure
from fixedpoint import Overflow, Rounding
from fixedpoint.arrays import quantize
from stochastic import Lfsr

__all__ = ["errors", "main", "table"]

# Multiples of 1/16, so that ties occur, over whole units, so that all residues are equally
# frequent.
VALUES = np.arange(-64, 64) / 16
REPEATS = 64


def errors(rounding: Rounding) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and their rounded values, in units of the resolution.

    Each value occurs `REPEATS` times, for the statistics of STOCHASTIC.
    """
    values = np.tile(VALUES, REPEATS)
    bits = Lfsr(width=16) if rounding is Rounding.STOCHASTIC else None
    return values, quantize(values, "sQ6.0", rounding, bits=bits).to_float()


def table() -> str:
    """Return bias, mean square error and names in other tools of all modes as text."""
    lines = [_line("mode", "    bias     mse", "ap_fixed", "MATLAB", "APyTypes")]
    for mode in Rounding:
        values, rounded = errors(mode)
        error = rounded - values
        figures = f"{error.mean():8.4f}{np.mean(error**2):8.4f}"
        lines.append(_line(mode.name, figures, mode.ap_fixed, mode.matlab, mode.apytypes))
    lines += ["", _line("overflow", "", "ap_fixed", "MATLAB", "APyTypes")]
    for overflow in Overflow:
        names = overflow.ap_fixed, overflow.matlab, overflow.apytypes
        lines.append(_line(overflow.name, "", *names))
    return "\n".join(lines)


def _line(name: str, figures: str, *names: str | None) -> str:
    columns = [f"{text or '-':16}" for text in names]
    return f"{name:20}{figures:16}  {''.join(columns)}".rstrip()


def draw(path: Path) -> None:
    """Draw the staircase of each mode, and below it the histogram of its errors."""
    figure, axes = new_figure(6, 4, figsize=(12, 13), height_ratios=[3, 1.4] * 3)
    edges = np.arange(-1 - 1 / 32, 1 + 2 / 32, 1 / 16)
    for i, mode in enumerate(Rounding):
        row, column = divmod(i, 4)
        stairs, histogram = axes[2 * row, column], axes[2 * row + 1, column]
        values, rounded = errors(mode)
        error = rounded - values
        stairs.plot([-4, 4], [-4, 4], color="0.8", linewidth=1)
        stairs.scatter(values, rounded, s=4, color="tab:blue")
        stairs.set(title=mode.name, xlim=(-4.2, 4.2), ylim=(-5, 5), aspect="equal")
        stairs.set_xticks(range(-4, 5, 2))
        stairs.set_yticks(range(-4, 5, 2))
        histogram.hist(error, bins=edges, color="tab:blue", density=True)
        histogram.axvline(error.mean(), color="tab:red", linewidth=1.5)
        histogram.set(xlim=(-1.1, 1.1), xlabel=f"error, bias {error.mean():+.3f}")
        histogram.set_yticks([])
    figure.suptitle(
        "Multiples of 1/16 rounded to integers; histogram of the errors, and their mean"
    )
    save_figure(figure, path, dpi=100)


def main(arguments: list[str] | None = None) -> None:
    """Draw the picture and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("rounding_modes.png"),
        metavar="FILE",
        help="picture to write",
    )
    options = parser.parse_args(arguments)
    draw(options.output)
    print(table())
    print(f"\nWritten: {options.output}")


if __name__ == "__main__":
    exit_with(main)
