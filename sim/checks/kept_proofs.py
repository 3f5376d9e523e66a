"""What is known of faults that benches do not show: digests of proofs and of arguments."""

from __future__ import annotations

import csv
import functools
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from .faults import Fault

__all__ = ["KEPT_PROOFS", "fault_digest", "kept_proofs", "least_cycles"]

# One row for each fault: the circuit for the reader, the digest, and either nothing, for a
# fault that changes nothing, or the most cycles in which it does not show. It is written by
# `python -m tests.support.kept_proofs`, which proves all of them again.
KEPT_PROOFS = Path(__file__).with_name("kept_proofs.csv")

COMMENT = re.compile(r"//.*")


@functools.cache
def _rows() -> tuple[tuple[str, str], ...]:
    with KEPT_PROOFS.open(newline="") as file:
        return tuple((row["digest"], row["cycles"]) for row in csv.DictReader(file))


@functools.cache
def kept_proofs() -> frozenset[str]:
    """Return the digests of all faults that are known to change nothing."""
    return frozenset(digest for digest, cycles in _rows() if not cycles)


@functools.cache
def least_cycles() -> dict[str, int]:
    """Return for the digests of other faults the most cycles in which they do not show.

    A counter of 32 bits, for example, is at its end after 2^31 cycles at the earliest.
    """
    return {digest: int(cycles) for digest, cycles in _rows() if cycles}


def fault_digest(verilog: str, limits: Iterable[str], fault: Fault) -> str:
    """Return a digest of all that the proof of a fault depends on.

    Parameters
    ----------
    verilog : str
        The sound text. Its comments and where its lines break make no difference.
    limits : iterable of str
        What the proof assumes of the inputs.
    fault : Fault
        A fault of this text.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for number, line in enumerate(verilog.split("\n"), 1):
        digest.update("".join(COMMENT.sub("", line).split()).encode())
        if number == fault.line:
            digest.update(f"//{fault.after}\n".encode())
    digest.update("\n".join(limits).encode())
    return digest.hexdigest()[:32]
