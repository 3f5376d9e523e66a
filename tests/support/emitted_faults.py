"""Sweep of planted faults: what the benches of the whole catalogue catch.

The sweep of all parameter sets takes some minutes of one processor, and more on Icarus::

    $ python -m tests.support.emitted_faults --all
    $ python -m tests.support.emitted_faults --all addie integrator
    $ python -m tests.support.emitted_faults --simulator icarus
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import rtl
from fixedpoint.circuit import Circuit
from sim import catalog
from sim.checks.equivalent_faults import equivalent_faults, proof_digests
from sim.checks.faults import Fault, faults
from sim.checks.golden_vectors import catching_cycles, golden_vectors
from sim.checks.kept_proofs import least_cycles
from sim.entry import Entry
from tests.support.icarus_faults import stopping_cycles

# Characters of Verilog in one build, and parameter sets in one emission.
GROUP = 150_000
BATCH = 128


@dataclasses.dataclass(frozen=True)
class Sweep:
    """The faults of one parameter set.

    Attributes
    ----------
    name : str
        The entry, and the module.
    number : int
        Of the parameter set; 0 is the default.
    parameters : Circuit
    verilog : str
    cycles : int
        The length of the bench.
    planted : tuple of Fault
    shown : tuple of int
        The cycle in which the bench catches each fault on Verilator, or -1.
    """

    name: str
    number: int
    parameters: Circuit
    verilog: str
    cycles: int
    planted: tuple[Fault, ...]
    shown: tuple[int, ...]

    @property
    def uncaught(self) -> tuple[Fault, ...]:
        """The faults that are not caught, whether they change something or not."""
        return tuple(f for f, c in zip(self.planted, self.shown, strict=True) if c < 0)

    def missed(self, seconds: float = 20) -> list[Fault]:
        """Return the uncaught faults of which nothing is known that excuses them.

        They are neither known to change nothing nor known not to show in so many cycles.
        """
        digests = proof_digests(self.parameters, self.verilog, self.uncaught)
        left = [
            fault
            for fault, digest in zip(self.uncaught, digests, strict=True)
            if least_cycles().get(digest, 0) < self.cycles
        ]
        proven = equivalent_faults(
            self.parameters, self.name, self.verilog, left, seconds=seconds
        )
        return [fault for fault, equal in zip(left, proven, strict=True) if not equal]

    def agrees(self, icarus: Sweep) -> bool:
        """Return whether the bench on Icarus shows the same faults, and none of them later.

        It shows some earlier: without registers an emitted bench also compares the first
        cycle, which this sweep leaves out, and Icarus knows bits that are neither 0 nor 1.
        """
        return all(
            (one < 0) == (other < 0) and other <= one
            for one, other in zip(self.shown, icarus.shown, strict=True)
        )

    def on_icarus(self, uncaught: bool = True) -> Sweep:
        """Return the same faults as the emitted bench shows them on Icarus.

        Those that Verilator does not show can be left out. They take the longest.
        """
        chosen = None
        if not uncaught:
            chosen = [k for k, cycle in enumerate(self.shown) if cycle >= 0]
        with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
            shown = stopping_cycles(self.name, self.parameters, Path(scratch), chosen)
        return dataclasses.replace(self, shown=tuple(shown))


def sweep(entries: Iterable[Entry], *, edges: bool = False) -> Iterator[Sweep]:
    """Plant faults in the default parameters of entries, or in all, and run their benches."""
    sets = [
        (entry, number, parameters)
        for entry in entries
        for number, parameters in enumerate(entry.all if edges else entry.all[:1])
    ]
    for begin in range(0, len(sets), BATCH):
        batch = sets[begin : begin + BATCH]
        texts = rtl.to_verilog_many({f"{e.name}_{n}": p for e, n, p in batch})
        group: list[tuple[Entry, int, Circuit]] = []
        size = 0
        for last, item in enumerate(batch, 1 - len(batch)):
            group.append(item)
            size += len(texts[f"{item[0].name}_{item[1]}"])
            if size > GROUP or not last:
                yield from _sweep_group(group, texts)
                group, size = [], 0


def _sweep_group(
    group: list[tuple[Entry, int, Circuit]], texts: dict[str, str]
) -> Iterator[Sweep]:
    modules = [f"{entry.name}_{number}" for entry, number, _ in group]
    planted = [faults(texts[module]) for module in modules]
    vectors = [golden_vectors(entry, parameters) for entry, _, parameters in group]
    cycles = catching_cycles(vectors, modules, [texts[m] for m in modules], planted)
    for (entry, number, parameters), module, vector, shown in zip(
        group, modules, vectors, cycles, strict=True
    ):
        verilog = texts[module].replace(module, entry.name)
        own = faults(verilog)
        yield Sweep(entry.name, number, parameters, verilog, vector.cycles, own, tuple(shown))


def main() -> None:
    """Print for each parameter set the faults that its bench misses, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="entries, by default the whole catalogue")
    parser.add_argument("--all", action="store_true", help="all parameter sets of an entry")
    parser.add_argument("--simulator", choices=("verilator", "icarus"), default="verilator")
    parser.add_argument("--seconds", type=float, default=20, help="for the proofs of a set")
    options = parser.parse_args()
    entries = [e for e in catalog() if e.name in (options.names or [e.name])]
    planted = equivalent = missed = sets = others = 0
    for each in sweep(entries, edges=options.all):
        if options.simulator == "icarus":
            on_icarus = each.on_icarus()
            if not each.agrees(on_icarus):
                others += 1
                print(f"{each.name} {each.number}: {on_icarus.shown}, not {each.shown}")
            each = on_icarus
        left = each.missed(options.seconds)
        sets += 1
        planted += len(each.planted)
        equivalent += len(each.uncaught) - len(left)
        missed += len(left)
        for fault in left:
            print(f"{each.name} {each.number}, {each.cycles} cycles: {fault}", flush=True)
    print(f"{sets} parameter sets, {planted} faults planted, {equivalent} of them equivalent")
    print(f"{planted - equivalent - missed} caught, {missed} missed")
    if options.simulator == "icarus":
        print(f"{others} parameter sets with faults that show later on Icarus, or on one only")


if __name__ == "__main__":
    main()
