"""The check of a user's own Verilog: the golden model and the stimulus of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fixedpoint.circuit import Circuit, check_integer
from fixedpoint.circuit.checks import shown

from ..catalog import entry_of
from ..entry import Entry
from ..simulation.user_verilog import read_verilog
from ..tools import check_simulator, require
from .cross_check import SEED
from .entry_bench import given_bench
from .entry_check import Settings, check_entry
from .run_length import CYCLES, LANES
from .verification import Verification

__all__ = ["verify_verilog"]


def verify_verilog(
    circuit: Circuit | Entry | str,
    files: Sequence[Path],
    top: str,
    *,
    ports: Sequence[str] = (),
    cycles: int = CYCLES,
    lanes: int = LANES,
    simulator: str = "verilator",
    seed: int = SEED,
    waveforms: Path | str | None = None,
) -> Verification:
    """Compare a user's own Verilog with a circuit's golden model, bit for bit.

    The stimulus is that of `verify` for the same parameters and seed. The comparison begins
    after the first reset, so that registers need no initial values.

    Parameters
    ----------
    circuit : str, Entry or Circuit
        The circuit that the Verilog implements: the parameters, or the default ones of an
        entry.
    files : sequence of pathlib.Path
        Verilog or SystemVerilog. Files that they include lie beside them.
    top : str
        The module to be checked.
    ports : sequence of str
        ``ours=theirs`` for each port with another name: ``rst=~rst_n`` for a reset that is
        active at 0, ``enable=`` for a module without that port, and ``0=test`` for an input
        that is to be 0.
    cycles, lanes, simulator, seed, waveforms
        As for `verify`.

    Returns
    -------
    Verification
        No faults are planted.

    Raises
    ------
    TypeError
        If a file is given by no path.
    ValueError
        If there is no such file or module, a port is missing, unknown, or of another width,
        or no cycle would follow the first reset.
    ToolError
        If the Verilog does not compile; the message has the compiler's first error.
    """
    settings = Settings(
        cycles=check_integer("cycles", cycles, 1, 10**9),
        lanes=check_integer("lanes", lanes, 1, 4096),
        simulator=check_simulator(simulator),
        seed=check_integer("seed", seed, 0, 2**63 - 1),
        waveforms=None if waveforms is None else Path(waveforms),
    )
    require("cocotb", "sim")
    entry = entry_of(circuit)
    for path in files:
        if not isinstance(path, str | Path):
            raise TypeError(f"a Verilog file is given by its path, not by {shown(path)}")
    files = [Path(path) for path in files]
    given = read_verilog(entry.default, files, top, ports, simulator)
    return check_entry(given_bench(entry, given, settings.lanes), settings)
