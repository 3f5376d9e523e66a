"""Identification of a 103-tap high-pass filter by stochastic least mean squares.

    python -m examples.lms_filter --out runs/lms_filter --verify

An adaptive filter of 103 taps, with one stochastic integrator per tap, learns the impulse
response of a high-pass filter from the input and output of that filter. The input is white
noise, uniform over full scale.

The adaptive filter is that of S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic
Stochastic Computing" (2020). Their equation (15) defines the misalignment: the mean square
error of the weights, divided by the mean square of the system's weights. They report about
-45 dB with 14-bit integrators after some 340,000 samples, and about -52 dB with 16-bit
integrators, with pseudo-random and with Sobol words. The paper does not state the system, the
input, or the number of samples at 16 bits. This example uses four times as many samples there,
as the step is a quarter.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.signal import firwin, lfilter

from fixedpoint.circuit.files import check_directory, writing
from sim.progress import progress_bar
from stochastic import Lfsr, LmsFilter, Sobol

from .exit_status import exit_with
from .picture import new_figure, save_figure

CHUNK = 4096
# Samples for 14-bit integrators. The number is inversely proportional to the step.
ITERATIONS = 340_000


def adaptive_filter(taps: int, width: int, bits: int, words: str) -> LmsFilter:
    """Return the adaptive filter, with Sobol words or with pseudo-random words of LFSRs."""
    if words == "Sobol":
        pair = Sobol(width=bits), Sobol(width=bits, dimension=1)
    else:
        pair = Lfsr(width=bits), Lfsr(width=bits, seed=11, form="galois")
    return LmsFilter(taps=taps, width=width, sample_generator=pair[0], error_generator=pair[1])


def signals(system: np.ndarray, count: int, bits: int, seed: int):
    """Return the samples and the outputs of the system as codes, saturated to full scale."""
    limit = 1 << bits
    rng = np.random.default_rng(seed)
    sample = np.rint(rng.uniform(-1, 1, count) * limit).astype(np.int64)
    output = np.rint(lfilter(system, 1, sample))
    return sample, np.clip(output, -limit, limit).astype(np.int64)


def learn(
    circuit: LmsFilter, system: np.ndarray, iterations: int, seed: int, advance
) -> list[tuple[int, float]]:
    """Return the misalignment during learning, as pairs of samples and dB."""
    bits = circuit.sample_generator.width
    sample, target = signals(system, iterations, bits, seed)
    curve, state = [], None
    for begin in range(0, iterations, CHUNK):
        chunk = slice(begin, begin + CHUNK)
        outputs, state = circuit.run(
            {"sample": sample[chunk], "target": target[chunk]}, state=state
        )
        weights = outputs["weights"][-1] / circuit.weight_limit
        misalignment = np.mean((weights - system) ** 2) / np.mean(system**2)
        curve.append((min(begin + CHUNK, iterations), float(10 * np.log10(misalignment))))
        advance(curve[-1][0] - begin)
    return curve


def draw(path: Path, curves: dict[str, list[tuple[int, float]]]) -> None:
    """Draw the misalignment against the number of samples."""
    figure, axes = new_figure(figsize=(6.4, 4))
    for name, curve in curves.items():
        axes.plot(*zip(*curve, strict=True), linewidth=1, label=name)
    axes.set(xlabel="samples", ylabel="misalignment (dB)", title="Stochastic LMS filter")
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def main() -> int:
    """Identify the system, and cross-check the first filter with ``--verify``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/lms_filter"), help="output directory"
    )
    parser.add_argument("--taps", type=int, default=103, help="number of taps, odd")
    parser.add_argument(
        "--widths",
        type=int,
        nargs="+",
        default=[14, 16],
        metavar="BITS",
        help="bits of the integrators",
    )
    parser.add_argument("--bits", type=int, default=14, help="bits of samples and estimate")
    parser.add_argument(
        "--cutoff",
        type=float,
        default=0.75,
        help="cutoff frequency as a fraction of the Nyquist frequency",
    )
    parser.add_argument(
        "--iterations", type=int, help="samples for every filter; default depends on the step"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the samples")
    parser.add_argument(
        "--verify", action="store_true", help="cross-check the first filter's Verilog"
    )
    parser.add_argument("--cycles", type=int, default=1000, help="cycles of the cross-check")
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    options = parser.parse_args()
    if options.taps % 2 == 0:
        raise ValueError(f"a high-pass filter's taps must be odd, not {options.taps}")
    if options.iterations is not None and options.iterations < 1:
        raise ValueError(f"iterations must be 1 or more, not {options.iterations}")
    check_directory(options.out)
    system = firwin(options.taps, options.cutoff, pass_zero=False)
    plan = [
        (
            adaptive_filter(options.taps, width, options.bits, words),
            f"{width} bits, {words}",
            options.iterations or max(1, round(ITERATIONS * 2.0 ** (width - 14))),
        )
        for width in options.widths
        for words in ("Sobol", "LFSR")
    ]
    curves = {}
    with progress_bar() as bar:
        for circuit, name, iterations in plan:
            task = bar.add_task(name, total=iterations)
            curves[name] = learn(
                circuit,
                system,
                iterations,
                options.seed,
                lambda done, task=task: bar.advance(task, done),
            )
    table = Table(title=f"{options.taps}-tap high-pass filter, {options.bits}-bit samples")
    for heading in ("integrators", "samples", "misalignment (dB)", "over the last tenth"):
        table.add_column(heading, justify="left" if heading == "integrators" else "right")
    for name, curve in curves.items():
        last = [value for _, value in curve[-max(1, len(curve) // 10) :]]
        table.add_row(name, f"{curve[-1][0]:,}", f"{curve[-1][1]:.1f}", f"{np.mean(last):.1f}")
    Console().print(table)
    with writing(options.out / "misalignment.csv") as file:
        writer = csv.writer(file)
        writer.writerow(["integrators", "samples", "misalignment (dB)"])
        writer.writerows((name, *point) for name, curve in curves.items() for point in curve)
    draw(options.out / "misalignment.png", curves)
    print(f"Written to {options.out}: misalignment.csv, misalignment.png")
    if options.verify:
        from sim import verify

        # The check of the catalogue plants faults; this check only compares.
        result = verify(
            plan[0][0], cycles=options.cycles, lanes=1, simulator=options.sim, plant=0
        )
        print(
            f"{options.sim}: {result.bits_compared} bits of {result.cycles} cycles compared, "
            f"{result.mismatches} mismatches"
        )
        return 0 if result.passed else 1
    return 0


if __name__ == "__main__":
    exit_with(main)
