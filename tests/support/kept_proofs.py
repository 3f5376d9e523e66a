"""Make the kept proofs again: which planted faults change nothing.

The proofs of all parameter sets take half an hour or more of one processor::

    $ python -m tests.support.kept_proofs
    $ python -m tests.support.kept_proofs addie integrator

Without names all rows are replaced, else those of the circuits named.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from sim import catalog
from sim.catalog import find
from sim.checks.equivalent_faults import equivalent_faults, proof_digests
from sim.checks.kept_proofs import KEPT_PROOFS
from tests.support.argued_faults import is_argued
from tests.support.emitted_faults import Sweep, sweep

__all__ = ["proofs_of", "rows", "write"]


def rows(path: Path = KEPT_PROOFS) -> dict[str, list[str]]:
    """Return the digests of the kept proofs by circuit."""
    found: dict[str, list[str]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["circuit"], []).append(row["digest"])
    return found


def write(digests: dict[str, list[str]], path: Path = KEPT_PROOFS) -> None:
    """Write the digests of proofs by circuit, in a stable order."""
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["circuit", "digest"])
        out.writerows((n, d) for n in sorted(digests) for d in sorted(set(digests[n])))


def proofs_of(each: Sweep, seconds: float) -> list[str]:
    """Prove the faults that a bench does not catch; return the digests of what is proven."""
    left = [f for f in each.uncaught if not is_argued(each.name, each.number, f.before)]
    proven = equivalent_faults(
        each.parameters, each.name, each.verilog, left, seconds=seconds, again=True
    )
    digests = proof_digests(each.parameters, each.verilog, left)
    return [digest for digest, equal in zip(digests, proven, strict=True) if equal]


def main() -> None:
    """Prove, tell what could not be proven, and write after each circuit."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="entries, by default the whole catalogue")
    parser.add_argument("--seconds", type=float, default=120, help="for the proofs of a set")
    options = parser.parse_args()
    kept = rows()
    for name in options.names or [entry.name for entry in catalog()]:
        found: list[str] = []
        for each in sweep([find(name)], edges=True):
            made = proofs_of(each, options.seconds)
            found += made
            print(f"{name} {each.number}: {len(made)} of {len(each.uncaught)}", flush=True)
        kept[name] = found
        write(kept)


if __name__ == "__main__":
    main()
