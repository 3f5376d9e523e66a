"""How many planted faults the bench of one circuit catches."""

from __future__ import annotations

import dataclasses

from ..tools import ToolError
from .equivalent_faults import equivalent_faults
from .faults import faults
from .golden_vectors import Vectors, catching_cycles

__all__ = ["NOT_COUNTED", "FaultCount", "count"]


# Few proofs that take longer succeed, and an emission is not to wait for them.
PROOF_SECONDS = 5


@dataclasses.dataclass(frozen=True)
class FaultCount:
    """What a bench catches; None where it was not tried.

    Attributes
    ----------
    faults_planted, faults_caught : int or None
        The faults, without those that are proven to change nothing, and how many of them the
        bench catches.
    faults_equivalent : int or None
        How many further faults are proven to change nothing.
    faults_missed : tuple of str
        The faults that are not caught.
    faults_note : str
        Why nothing was counted or proven; empty otherwise.
    """

    faults_planted: int | None = None
    faults_caught: int | None = None
    faults_equivalent: int | None = None
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
    try:
        proven = equivalent_faults(
            vectors.parameters, module, verilog, missed, seconds=PROOF_SECONDS
        )
        equivalent = sum(proven)
        missed = [fault for fault, equal in zip(missed, proven, strict=True) if not equal]
    except ToolError as error:
        note = f"no fault was proven to change nothing: {error}"
    return FaultCount(
        faults_planted=len(planted) - equivalent,
        faults_caught=len(planted) - equivalent - len(missed),
        faults_equivalent=None if note else equivalent,
        faults_missed=tuple(map(str, missed)),
        faults_note=note,
    )
