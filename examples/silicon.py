"""One function, done in many ways: silicon at equal accuracy.

Run it with ``python -m examples.silicon``. It prints the tables of docs/silicon.md: area, clock
and energy in standard cells (``--target osu018``), or gate equivalents where Debian's packages
are not installed (``--target generic``). ``--table NAME`` prints one of them. All activity is
counted under inputs like those of the circuit's use: operands that are held during a product,
gradients of normal distribution, streams of bits.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from examples.silicon_way import LANES, Way
from examples.silicon_ways import TABLES
from sim.entry import Entry
from sim.synthesis import Figures, synthesize_many
from sim.synthesis.workload import Workload, run_model

__all__ = ["main", "rows_of"]


def workload(way: Way) -> Workload:
    """Return the way's inputs with the golden model's outputs, reset in the first cycle."""
    rng = np.random.default_rng(1)
    inputs = way.inputs(way.circuit, rng)
    cycles = len(next(iter(inputs.values())))
    rst = np.zeros(cycles, bool)
    rst[0] = True
    enable = np.ones(cycles, bool)
    return run_model(way.circuit, inputs, enable, rst, LANES, way.label)


def rows_of(ways: Sequence[Way], target: str) -> list[Figures]:
    """Synthesize all ways."""
    entries = [
        Entry(name=f"way{number}", default=way.circuit) for number, way in enumerate(ways)
    ]
    works = {way.circuit: workload(way) for way in ways}
    found = synthesize_many(entries, target, workload=lambda circuit: works[circuit])
    return [figures for figures, _ in found]


def line(way: Way, row: Figures) -> list[str]:
    """Return the figures of one way: per result, at the circuit's own clock."""
    area = row.area_um2 if row.area_um2 is not None else row.gate_equivalents
    cells = [way.label, f"{way.error:.4f}" if way.error is not None else "", f"{area:,.0f}"]
    if row.fmax_mhz is None:
        return [
            *cells,
            f"{way.cycles}",
            f"{row.toggles_per_cycle * way.cycles / way.results:,.1f}",
        ]
    time = way.cycles / row.fmax_mhz * 1e3 / way.results
    energy = row.energy_pj * way.cycles / way.results
    return [
        *cells,
        f"{row.fmax_mhz:,.0f}",
        f"{time:,.2f}",
        f"{energy:,.2f}",
        f"{area * time / 1e3:,.1f}",
    ]


def print_table(name: str, target: str) -> None:
    """Print one table in Markdown."""
    title, make, unit = TABLES[name]
    ways = make()
    rows = rows_of(ways, target)
    powered = rows[0].fmax_mhz is not None
    titles = ["way", "error" if name in ("neuron", "update") else "RMS error"]
    titles += ["area (um2)" if powered else "area (GE)"]
    titles += (
        ["MHz", f"ns {unit}", f"pJ {unit}", "area x time (1000 um2 ns)"]
        if powered
        else ["cycles", f"transitions {unit}"]
    )
    print(f"{title}\n")
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for way, row in zip(ways, rows, strict=True):
        print(f"| {' | '.join(line(way, row))} |")
    print()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="osu018", choices=("osu018", "generic"))
    parser.add_argument("--table", choices=TABLES, action="append")
    options = parser.parse_args()
    for name in options.table or TABLES:
        print_table(name, options.target)


if __name__ == "__main__":
    main()
