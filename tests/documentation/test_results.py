"""What docs/results has: every circuit of the catalogue, in each of its tables."""

import csv
import json
from pathlib import Path

import pytest

from sim.catalog import catalog
from sim.report.evidence import gather
from sim.studies.evaluation import has_law
from sim.synthesis.figures import COLUMNS

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
NAMES = [entry.name for entry in catalog()]


def missing(rows, names):
    """Return the names that rows lack, and those that are too many."""
    found = [row["name"] for row in rows]
    return sorted(set(names) ^ set(found)) + [n for n in set(found) if found.count(n) > 1]


def read(name):
    """Return the rows of a file."""
    path = RESULTS / name
    if path.suffix == ".json":
        return json.loads(path.read_text())
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "name",
    [
        "verify.json",
        "synth_ecp5.csv",
        "synth_ecp5.json",
        "synth_osu018.csv",
        "synth_osu018.json",
    ],
)
def test_every_circuit_has_been_measured(name):
    rows = read(name)
    assert missing(rows, NAMES) == [], "python docs/measure.py measures what is missing"
    assert missing(rows[1:], NAMES) == [NAMES[0]]


def test_tables_and_json_have_the_same_figures():
    for target in ("ecp5", "osu018"):
        table, facts = read(f"synth_{target}.csv"), read(f"synth_{target}.json")
        for line, row in zip(table, facts, strict=True):
            for column in COLUMNS:
                if isinstance(row[column], float):
                    assert float(line[column]) == pytest.approx(row[column], rel=1e-5)
                else:
                    assert line[column] == ("" if row[column] is None else str(row[column]))


def test_no_bit_differs_and_no_fault_is_missed():
    rows = read("verify.json")
    assert {row["mismatches"] for row in rows} == {0}
    assert [row["name"] for row in rows if row["faults_caught"] != row["faults_planted"]] == []
    # The page states their sums.
    text = (ROOT / "docs" / "evidence.md").read_text()
    for key in ("bits_compared", "faults_planted"):
        assert f"{sum(row[key] for row in rows):,}" in text


def test_every_law_has_a_curve():
    evidence = gather(RESULTS)
    (study,) = evidence.studies
    # Table and JSON of a target are one result.
    assert len(evidence.synthesis) == 2 * len(NAMES)
    assert all("workload" in row for row in evidence.synthesis)
    laws = [entry.name for entry in catalog() if has_law(entry)]
    assert missing([{"name": n} for n in {r["circuit"]: 0 for r in study.rows}], laws) == []
    own = study.of_circuit("multiplier")
    assert own.command == (
        "goldstream study circuit multiplier --generators lfsr,sobol,random --out multiplier"
    )
    # Independent bits in pairs: the measured error is near that of theory.
    for row in own.rows:
        if row["generators"] == "random":
            assert row["rmse"] == pytest.approx(row["binomial_rmse"], rel=1)
