"""Planted faults on Icarus: an emitted bench runs once for each, as a user runs it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection
from pathlib import Path

from fixedpoint.circuit import Circuit
from sim import emit
from sim.catalog import find
from sim.checks.fault_schemata import SELECT, SELECT_BITS, with_faults
from sim.checks.faults import faults
from sim.tools import find_simulator

__all__ = ["stopping_cycles"]

MISMATCH = re.compile(r"MISMATCH: cycle (\d+), port \w+: ")


def stopping_cycles(
    name: str, parameters: Circuit, directory: Path, chosen: Collection[int] | None = None
) -> list[int]:
    """Emit a circuit, plant faults in it, and run its bench with each of them.

    The faults are compiled together. The bench gets an argument that selects one of them, and
    is otherwise what `emit` writes.

    Parameters
    ----------
    name : str
        The entry.
    parameters : Circuit
    directory : pathlib.Path
    chosen : collection of int, optional
        The numbers of the faults to run, by default all. Others count as passed.

    Returns
    -------
    list of int
        The cycle of the mismatch that ends the bench, or -1 where it passes.

    Raises
    ------
    AssertionError
        If the bench ends otherwise, or the sound circuit does not pass.
    """
    files = emit(find(name), directory, parameters=parameters, count_faults=False)
    verilog = files["verilog"].read_text()
    planted = faults(verilog)
    bench = files["bench"].read_text()
    argument = (
        f"  reg [{SELECT_BITS - 1}:0] fault;\n"
        "  integer given;\n"
        '  initial given = $value$plusargs("fault=%d", fault);\n'
    )
    line = f"  {name} dut("
    assert bench.count(line) == 1
    bench = bench.replace(line, f"{argument}{line}.{SELECT}(fault), ")
    (directory / "selected.v").write_text(with_faults(verilog, planted))
    (directory / "selected_tb.v").write_text(bench)
    command = [str(find_simulator("icarus")), "-o", "tb", "selected_tb.v", "selected.v"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    shown = []
    for number in range(len(planted) + 1):
        if number and chosen is not None and number - 1 not in chosen:
            shown.append(-1)
            continue
        done = subprocess.run(
            ["./tb", f"+fault={number}"],
            cwd=directory,
            text=True,
            capture_output=True,
            check=False,
        )
        mismatch = MISMATCH.match(done.stdout)
        assert done.returncode == (1 if mismatch else 0), done.stdout + done.stderr
        assert mismatch or done.stdout.startswith("PASS: "), done.stdout + done.stderr
        shown.append(int(mismatch[1]) if mismatch else -1)
    assert shown[0] == -1, f"the sound {name} does not pass"
    return shown[1:]
