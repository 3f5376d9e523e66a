"""The documentation's table of all circuits: what was measured of each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..entry import Entry
from .evidence import Evidence

__all__ = ["figures_page"]

HEADINGS = (
    *("circuit", "bits compared", "faults caught", "LUT4", "FF", "DSP", "MHz"),
    *("µm²", "MHz", "pJ a cycle", "RMS error"),
)


def figures_page(entries: Iterable[Entry], evidence: Evidence) -> str:
    """Return a page with a row for each circuit, in reStructuredText.

    Parameters
    ----------
    entries : iterable of Entry
    evidence : Evidence
        What it does not have of a circuit is an empty cell.
    """
    title = "Figures of all circuits"
    checks = evidence.checks_by_name()
    fpga, cells = (evidence.synthesis_by_name(target) for target in ("ecp5", "osu018"))
    text = (
        f"{title}\n{'=' * len(title)}\n\n"
        "Default parameters, measured by ``python docs/measure.py``. Bits compared and faults "
        "caught are those of the :doc:`cross-check </verification>`. LUTs (two for each "
        "carry), flip-flops, multipliers and the first clock are on an ECP5; square "
        "micrometres, the second clock and the energy in 180 nm standard cells, without wires, "
        "with the transitions of every net under the circuit's stimulus (:doc:`/silicon`). The "
        "error is that of the output against the law of the circuit for streams of 256 cycles, "
        "the first output by the best of the generators (:doc:`/studies`).\n\n"
    )
    rows = [HEADINGS]
    for entry in entries:
        check = checks.get(entry.name, {})
        on_fpga, in_cells = fpga.get(entry.name, {}), cells.get(entry.name, {})
        caught = f"{check['faults_caught']} of {check['faults_planted']}" if check else ""
        carries = 2 * (on_fpga.get("carry") or 0)
        luts = None if on_fpga.get("lut") is None else on_fpga["lut"] + carries
        rows.append(
            (
                f":doc:`{entry.name}`",
                _number(check.get("bits_compared")),
                caught,
                _number(luts),
                _number(on_fpga.get("ff")),
                _number(on_fpga.get("dsp")),
                _number(on_fpga.get("fmax_mhz")),
                _number(in_cells.get("area_um2")),
                _number(in_cells.get("fmax_mhz")),
                _number(in_cells.get("energy_pj")),
                _number(_error(entry.name, evidence)),
            )
        )
    lines = [".. list-table::", "   :header-rows: 1", "   :class: circuit-figures", ""]
    for row in rows:
        for place, cell in enumerate(row):
            lines.append(f"   {'* -' if place == 0 else '  -'} {cell}".rstrip())
    return text + "\n".join(lines) + "\n"


def _number(value: Any) -> str:
    """Return a number with at most four digits behind those before the point."""
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _error(name: str, evidence: Evidence, length: int = 256) -> float | None:
    """Return the smallest error of a circuit's first output at a length, or None."""
    found = [math.inf]
    for study in evidence.studies:
        own = study.of_circuit(name)
        if own is None or not {"rmse", "output", "length"} <= set(own.columns):
            continue
        first = own.rows[0]["output"]
        found += [
            row["rmse"]
            for row in own.rows
            if row["length"] == length and row["output"] == first
        ]
    best = min(found)
    return None if math.isinf(best) else best
