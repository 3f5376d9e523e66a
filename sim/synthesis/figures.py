"""The figures of a synthesized circuit."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import writing

__all__ = ["Figures", "write_table"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """What a circuit takes on a target. A figure that the target does not have is None.

    Attributes
    ----------
    name, target : str
    lut, ff, carry, dsp, bram : int or None
        Cells of an FPGA. Standard cells have flip-flops only.
    fmax_mhz : float or None
        The highest frequency of the clock, with the ports between registers (FPGA) or with
        inputs and outputs that take no time (standard cells).
    area_um2 : float or None
        Area of the cells without wires, in square micrometres.
    gate_equivalents : float or None
        Area in NAND gates of two inputs.
    power_mw : float or None
        At `period_ns`, with the transitions of every net under `workload`.
    energy_pj : float or None
        In one clock cycle.
    period_ns : float or None
        Period of the clock for `power_mw`.
    toggles_per_cycle : float or None
        Transitions of all nets in a clock cycle.
    workload : str
        What the circuit did when its transitions were counted.
    process : str
        Device or cells.
    parameters : dict
    cells : dict of str to int
        Cells by type.
    note : str
        Why a figure is missing.
    failed : bool
        Whether the circuit could not be synthesized at all.
    seconds : float
        How long it took.
    """

    name: str
    target: str
    lut: int | None = None
    ff: int | None = None
    carry: int | None = None
    dsp: int | None = None
    bram: int | None = None
    fmax_mhz: float | None = None
    area_um2: float | None = None
    gate_equivalents: float | None = None
    power_mw: float | None = None
    energy_pj: float | None = None
    period_ns: float | None = None
    toggles_per_cycle: float | None = None
    workload: str = ""
    process: str = ""
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    cells: dict[str, int] = dataclasses.field(default_factory=dict)
    note: str = ""
    failed: bool = False
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


# The columns of a table: no parameters, no cells, and no time, which differs between runs.
COLUMNS = [
    *("name", "target", "lut", "ff", "carry", "dsp", "bram", "fmax_mhz", "area_um2"),
    *("gate_equivalents", "power_mw", "energy_pj", "period_ns", "toggles_per_cycle", "note"),
]


def write_table(path: Path, figures: Sequence[Figures]) -> None:
    """Write figures as CSV, one line for each circuit; None is an empty field.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    with writing(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in figures:
            values = row.to_dict()
            table.writerow([_text(values[name]) for name in COLUMNS])


def _text(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
