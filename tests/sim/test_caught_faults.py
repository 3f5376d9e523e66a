"""What the emitted benches of all parameter sets catch, as a table keeps it."""

import dataclasses
import datetime

import pytest

from sim import catalog
from tests.support.caught_faults import parameters_digest, row_of, rows, write
from tests.support.emitted_faults import sweep

# Circuits whose benches run again; others follow on the next day.
AGAIN = 2

COMMAND = "run python -m tests.support.caught_faults {}"


def test_every_set_has_a_row_and_its_bench_catches_every_fault():
    table = rows()
    sets = {(e.name, k): p for e in catalog() for k, p in enumerate(e.all)}
    assert set(table) == set(sets), "run python -m tests.support.caught_faults"
    for (name, number), p in sets.items():
        row = table[name, number]
        assert row.parameters == parameters_digest(p), COMMAND.format(name)
        # A single wire holds no fault.
        assert row.planted > 0 or number > 0
        assert row.planted == row.caught + row.equivalent + row.out_of_reach, (name, number)
        assert row.icarus == row.caught, COMMAND.format(f"--icarus {name}")


def test_a_table_is_read_as_it_is_written(tmp_path):
    table = rows()
    write(table, tmp_path / "table.csv")
    assert rows(tmp_path / "table.csv") == table


@pytest.mark.simulator
@pytest.mark.slow
def test_rows_are_what_the_benches_show_today():
    table = rows()
    entries = sorted(catalog(), key=lambda entry: entry.name)
    begin = datetime.date.today().toordinal() * AGAIN
    chosen = [entries[(begin + k) % len(entries)] for k in range(AGAIN)]
    # One set of each entry that is not the default, of which other tests run all.
    for entry in chosen:
        number = 1 + begin % (len(entry.all) - 1) if len(entry.all) > 1 else 0
        one = dataclasses.replace(entry, default=entry.all[number], edges=())
        (each,) = sweep([one])
        found = dataclasses.replace(row_of(each), number=number)
        kept = dataclasses.replace(table[entry.name, number], icarus=None)
        assert found == kept, COMMAND.format(entry.name)
