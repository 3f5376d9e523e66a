"""Make the table of kept proofs again: which planted faults no bench shows.

The proofs of all parameter sets take half an hour or more of one processor::

    $ python -m tests.support.kept_proofs
    $ python -m tests.support.kept_proofs addie integrator

Without names all rows are replaced, else those of the circuits named. With ``--missing`` only
faults without a row are proven.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from sim import catalog
from sim.catalog import find
from sim.checks.equivalent_faults import equivalent_faults, proof_digests
from sim.checks.kept_proofs import KEPT_PROOFS
from tests.support.argued_faults import argued
from tests.support.emitted_faults import Sweep, sweep

__all__ = ["argued_rows", "proofs_of", "rows", "write"]

Rows = list[tuple[str, str]]


def rows(path: Path = KEPT_PROOFS) -> dict[str, Rows]:
    """Return the digests of the kept faults by circuit, each with the column of cycles."""
    found: dict[str, Rows] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["circuit"], []).append((row["digest"], row["cycles"]))
    return found


def write(kept: dict[str, Rows], path: Path = KEPT_PROOFS) -> None:
    """Write the digests by circuit, in a stable order."""
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["circuit", "digest", "cycles"])
        out.writerows((n, *row) for n in sorted(kept) for row in sorted(set(kept[n])))


def argued_rows(each: Sweep) -> Rows:
    """Return the rows of the faults for which there is an argument."""
    digests = proof_digests(each.parameters, each.verilog, each.uncaught)
    found = []
    for fault, digest in zip(each.uncaught, digests, strict=True):
        row = argued(each.name, each.number, fault.before)
        if row is not None:
            found.append((digest, str(row.cycles or "")))
    return found


def proofs_of(each: Sweep, seconds: float, again: bool = True) -> Rows:
    """Prove the faults that a bench does not catch; return the rows of what is proven."""
    left = [f for f in each.uncaught if not argued(each.name, each.number, f.before)]
    proven = equivalent_faults(
        each.parameters, each.name, each.verilog, left, seconds=seconds, again=again
    )
    digests = proof_digests(each.parameters, each.verilog, left)
    return [(digest, "") for digest, equal in zip(digests, proven, strict=True) if equal]


def main() -> None:
    """Prove, tell what could not be proven, and write after each circuit."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="entries, by default the whole catalogue")
    parser.add_argument("--seconds", type=float, default=120, help="for the proofs of a set")
    parser.add_argument("--missing", action="store_true", help="keep what is proven already")
    options = parser.parse_args()
    kept = rows()
    for name in options.names or [entry.name for entry in catalog()]:
        found: Rows = []
        for each in sweep([find(name)], edges=True):
            made = argued_rows(each) + proofs_of(each, options.seconds, not options.missing)
            found += made
            print(f"{name} {each.number}: {len(made)} of {len(each.uncaught)}", flush=True)
        kept[name] = found
        write(kept)


if __name__ == "__main__":
    main()
