"""Proofs that are kept: digests of faults that are proven to change nothing."""

from __future__ import annotations

import csv
import functools
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from .faults import Fault

__all__ = ["KEPT_PROOFS", "fault_digest", "kept_proofs"]

# One row for each proof: the circuit for the reader, and the digest. It is written by
# `python -m tests.support.kept_proofs`, which proves all of them again.
KEPT_PROOFS = Path(__file__).with_name("kept_proofs.csv")

COMMENT = re.compile(r"//.*")


@functools.cache
def kept_proofs() -> frozenset[str]:
    """Return the digests of all kept proofs."""
    with KEPT_PROOFS.open(newline="") as file:
        return frozenset(row["digest"] for row in csv.DictReader(file))


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
