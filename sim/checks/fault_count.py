"""How many planted faults the bench of one circuit catches."""

from __future__ import annotations

import dataclasses

from ..tools import ToolError
from .equivalent_faults import equivalent_faults, proof_digests
from .faults import Fault, faults
from .golden_vectors import Vectors, catching_cycles
from .kept_proofs import least_cycles

__all__ = ["NOT_COUNTED", "FaultCount", "count"]


# Few proofs that take longer succeed, and an emission is not to wait for them.
PROOF_SECONDS = 5


@dataclasses.dataclass(frozen=True)
class FaultCount:
    """What a bench catches; None where it was not tried.

    Attributes
    ----------
    faults_planted, faults_caught : int or None
        The faults that a bench of this length can show, and how many of them it catches.
    faults_equivalent : int or None
        How many further faults are proven to change nothing.
    faults_out_of_reach : tuple of str
        Further faults, which are known not to show within the cycles of the bench.
    faults_missed : tuple of str
        The other faults that are not caught.
    faults_note : str
        Why nothing was counted or proven; empty otherwise.
    """

    faults_planted: int | None = None
    faults_caught: int | None = None
    faults_equivalent: int | None = None
    faults_out_of_reach: tuple[str, ...] = ()
    faults_missed: tuple[str, ...] = ()
    faults_note: str = ""


NOT_COUNTED = FaultCount(faults_note="the faults were not to be counted")


def count(module: str, verilog: str, vectors: Vectors) -> FaultCount:
    """Plant faults in a circuit's Verilog, and count those that its vectors show.

    Parameters
    ----------
    module : str
        The top module.
    verilog : str
        The sound text.
    vectors : Vectors

    Returns
    -------
    FaultCount
        A missing tool is told in its note.
    """
    planted = faults(verilog)
    try:
        (cycles,) = catching_cycles([vectors], [module], [verilog], [planted])
    except ToolError as error:
        return FaultCount(faults_note=str(error).splitlines()[0])
    missed = [fault for fault, cycle in zip(planted, cycles, strict=True) if cycle < 0]
    equivalent, note = 0, ""
    far, missed = _out_of_reach(vectors, verilog, missed)
    try:
        proven = equivalent_faults(
            vectors.parameters, module, verilog, missed, seconds=PROOF_SECONDS
        )
        equivalent = sum(proven)
        missed = [fault for fault, equal in zip(missed, proven, strict=True) if not equal]
    except ToolError as error:
        note = f"no fault was proven to change nothing: {error}"
    shown = len(planted) - equivalent - len(far)
    return FaultCount(
        faults_planted=shown,
        faults_caught=shown - len(missed),
        faults_out_of_reach=tuple(far),
        faults_equivalent=None if note else equivalent,
        faults_missed=tuple(map(str, missed)),
        faults_note=note,
    )


def _out_of_reach(
    vectors: Vectors, verilog: str, missed: list[Fault]
) -> tuple[list[str], list[Fault]]:
    """Return the faults that are known not to show within the cycles, and the others."""
    far, others = [], []
    digests = proof_digests(vectors.parameters, verilog, missed)
    for fault, digest in zip(missed, digests, strict=True):
        least = least_cycles().get(digest, 0)
        if least >= vectors.cycles:
            far.append(f"{fault}, not within {least} cycles")
        else:
            others.append(fault)
    return far, others
