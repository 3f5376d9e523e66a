"""Make the table of what emitted benches catch, of all parameter sets.

It takes some minutes of one processor, and on Icarus hours::

    $ python -m tests.support.caught_faults
    $ python -m tests.support.caught_faults addie integrator
    $ python -m tests.support.caught_faults --icarus addie

Without names all rows are made anew, else those of the circuits named. With ``--icarus`` the
emitted benches run on Icarus too, and the rows that hold its result already stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import re
from pathlib import Path

from sim import catalog
from sim.catalog import find
from sim.checks.equivalent_faults import proof_digests
from sim.checks.kept_proofs import kept_proofs, least_cycles
from tests.support.emitted_faults import Sweep, sweep

__all__ = ["TABLE", "Caught", "parameters_digest", "row_of", "rows", "write"]

TABLE = Path(__file__).with_name("caught_faults.csv")
COMMENT = re.compile(r"//.*")


@dataclasses.dataclass(frozen=True)
class Caught:
    """A row: one parameter set.

    Attributes
    ----------
    circuit : str
    number : int
        Of the parameter set; 0 is the default.
    parameters, verilog : str
        Digests of the parameters and of the Verilog.
    cycles : int
        The length of the emitted bench.
    planted, caught : int
        Faults, and how many of them the bench shows on Verilator.
    equivalent, out_of_reach : int
        Faults that are known to change nothing, or not to show in so many cycles.
    icarus : int or None
        How many of the faults that Verilator shows the bench shows on Icarus, too; None if
        it was not run.
    """

    circuit: str
    number: int
    parameters: str
    verilog: str
    cycles: int
    planted: int
    caught: int
    equivalent: int
    out_of_reach: int
    icarus: int | None = None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def parameters_digest(parameters) -> str:
    """Return a digest of a parameter set."""
    return _digest(parameters.to_json())


def row_of(each: Sweep) -> Caught:
    """Return the row of a parameter set whose bench has run."""
    digests = proof_digests(each.parameters, each.verilog, each.uncaught)
    return Caught(
        each.name,
        each.number,
        parameters_digest(each.parameters),
        _digest("".join(COMMENT.sub("", each.verilog).split())),
        each.cycles,
        len(each.planted),
        len(each.planted) - len(each.uncaught),
        sum(digest in kept_proofs() for digest in digests),
        sum(least_cycles().get(digest, 0) >= each.cycles for digest in digests),
    )


def rows(path: Path = TABLE) -> dict[tuple[str, int], Caught]:
    """Return the rows by circuit and number."""
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            numbers = {
                field.name: int(row[field.name]) if row[field.name] else None
                for field in dataclasses.fields(Caught)
                if "int" in str(field.type)
            }
            each = Caught(**{**row, **numbers})
            found[each.circuit, each.number] = each
    return found


def write(table: dict[tuple[str, int], Caught], path: Path = TABLE) -> None:
    """Write the rows in the order of the catalogue's names."""
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([field.name for field in dataclasses.fields(Caught)])
        out.writerows(dataclasses.astuple(table[key]) for key in sorted(table))


def main() -> None:
    """Run the benches, tell what they miss, and write after each circuit."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="entries, by default the whole catalogue")
    parser.add_argument("--icarus", action="store_true", help="run Icarus, too")
    options = parser.parse_args()
    names = options.names or [entry.name for entry in catalog()]
    table = rows() if TABLE.exists() else {}
    for name in names:
        for each in sweep([find(name)], edges=True):
            row, known = row_of(each), table.get((name, each.number))
            if known and dataclasses.replace(known, icarus=None) == row:
                row = known
            if options.icarus and row.icarus is None:
                on_icarus = each.on_icarus(uncaught=False)
                row = dataclasses.replace(row, icarus=row.planted - len(on_icarus.uncaught))
            table[name, each.number] = row
            missed = row.planted - row.caught - row.equivalent - row.out_of_reach
            print(*dataclasses.astuple(row), f"missed {missed}" if missed else "", flush=True)
            write(table)
        known_sets = range(len(find(name).all))
        table = {
            key: row for key, row in table.items() if key[0] != name or key[1] in known_sets
        }
    write(table)


if __name__ == "__main__":
    main()
