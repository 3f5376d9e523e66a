"""A picture of every rounding mode: what it makes of a value, and how it errs.

``python -m examples.rounding_modes [--output FILE]`` draws it and prints each mode's bias
and its names in other tools.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from fixedpoint import Overflow, Rounding
from fixedpoint.arrays import quantize
from stochastic import Lfsr

__all__ = ["errors", "main", "table"]

# Sixteenths, so that ties occur, over whole units, so that no residue is favoured.
VALUES = np.arange(-64, 64) / 16
REPEATS = 64


def errors(rounding: Rounding) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and their rounded values, in units of the resolution.

    Each value comes `REPEATS` times, which STOCHASTIC needs and the others do not mind.
    """
    values = np.tile(VALUES, REPEATS)
    bits = Lfsr(width=16) if rounding is Rounding.STOCHASTIC else None
    return values, quantize(values, "sQ6.0", rounding, bits=bits).to_float()


def table() -> str:
    """Return the modes with their bias, mean square error and names elsewhere, as text."""
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


def draw(path: str) -> None:
    """Draw the picture: for each mode its staircase, and below it its error histogram."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        6, 4, figsize=(12, 13), height_ratios=[3, 1.4] * 3, layout="constrained"
    )
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
    figure.suptitle("Rounding modes: multiples of 1/16 to integers; errors and their mean")
    figure.savefig(path, dpi=100, metadata={"Software": None})
    pyplot.close(figure)


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="examples.rounding_modes", description=__doc__)
    parser.add_argument("--output", default="rounding_modes.png", metavar="FILE")
    options = parser.parse_args(arguments)
    draw(options.output)
    print(table())
    print(f"\nwrote {options.output}")


if __name__ == "__main__":
    main()
