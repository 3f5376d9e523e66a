"""The bench of a catalogue entry: all its parameter sets, and one of them with faults."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

from fixedpoint.circuit import Circuit

from ..entry import Entry
from ..simulation.bench import Bench, Item, Variant
from ..simulation.user_verilog import ADAPTER, UserVerilog
from .faults import Fault, faults

__all__ = ["EntryBench", "entry_benches", "given_bench"]


@dataclasses.dataclass(frozen=True)
class EntryBench:
    """An entry's bench.

    Attributes
    ----------
    entry : Entry
    bench : Bench
        One item for each parameter set. A further one follows where faults are planted in
        parameters that are none of them.
    planted : int
        The number of the item whose variants are the faults.
    faults : tuple of Fault
        The faults in the order of the variants.
    given : UserVerilog, optional
        A user's Verilog that stands in place of the emitted one.
    """

    entry: Entry
    bench: Bench
    planted: int
    faults: tuple[Fault, ...]
    given: UserVerilog | None = None

    @property
    def checked(self) -> tuple[Item, ...]:
        """The items of the entry's parameter sets."""
        return self.bench.items[: len(_sets(self.entry))]


def entry_benches(entries: Sequence[Entry], lanes: int, plant: int) -> list[EntryBench]:
    """Emit the Verilog of some entries, and put each on a bench with its faults.

    Parameters
    ----------
    entries : sequence of Entry
    lanes : int
        Instances of each parameter set.
    plant : int
        Most faults in each entry.

    Notes
    -----
    A module is named after its entry and parameters. The text of a bench, and therefore its
    build, depends on the entry alone.
    """
    import rtl

    circuits = {}
    for entry in entries:
        planted = (_planted(entry),) if plant else ()
        for parameters in (*_sets(entry), *planted):
            circuits[_module(entry, parameters)] = parameters
    texts = rtl.to_verilog_many(circuits)
    return [_entry_bench(entry, texts, lanes, plant) for entry in entries]


def given_bench(entry: Entry, given: UserVerilog, lanes: int) -> EntryBench:
    """Put a user's Verilog on a bench, with the entry's default parameters and no faults."""
    item = Item(entry.default, ADAPTER, given.adapter(entry.default), lanes)
    return EntryBench(entry, Bench((item,)), 0, (), given)


def _entry_bench(entry: Entry, texts: dict[str, str], lanes: int, plant: int) -> EntryBench:
    sets = _sets(entry)
    if not plant:
        items = [_item(entry, parameters, texts, lanes) for parameters in sets]
        return EntryBench(entry, Bench(tuple(items)), 0, ())
    sound = _planted(entry)
    module = _module(entry, sound)
    planted = faults(texts[module], plant)
    variants = tuple(
        Variant(f"{module}_fault{k}", fault.verilog.replace(module, f"{module}_fault{k}"))
        for k, fault in enumerate(planted)
    )
    items = [
        _item(entry, parameters, texts, lanes, variants if parameters == sound else ())
        for parameters in sets
    ]
    if sound not in sets:
        # One lane is enough: it only shows what the faults change.
        items.append(_item(entry, sound, texts, 1, variants))
    number = next(i for i, item in enumerate(items) if item.parameters == sound)
    return EntryBench(entry, Bench(tuple(items)), number, planted)


def _item(
    entry: Entry,
    parameters: Circuit,
    texts: dict[str, str],
    lanes: int,
    variants: tuple[Variant, ...] = (),
) -> Item:
    module = _module(entry, parameters)
    return Item(parameters, module, texts[module], lanes, variants)


def _sets(entry: Entry) -> tuple[Circuit, ...]:
    """Return the parameter sets of an entry, each of them once."""
    return tuple(dict.fromkeys(entry.all))


def _planted(entry: Entry) -> Circuit:
    return entry.planted or entry.default


def _module(entry: Entry, parameters: Circuit) -> str:
    digest = hashlib.sha256(parameters.to_json().encode()).hexdigest()[:12]
    return f"{entry.name}_{digest}"
