"""The study of gates and multipliers: clampings, intervals, files and pictures."""

import csv
import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.commands.invertible_runs import (
    ClampedRun,
    gate_clampings,
    run_clamped,
    run_multiplier,
)
from sim.commands.study_invertible import summary
from stochastic.invertible import GATES

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n"


def run_with(times, cycles=100, right=True):
    return ClampedRun({}, right, 0.5, np.array(times), cycles)


def test_every_clamping_with_a_row():
    found = list(gate_clampings(GATES["and"]))
    assert [way for way, _ in found].count("forwards") == 4
    assert [way for way, _ in found].count("backwards") == 2
    # None; each pin at both values; a, b: four; a, y and b, y: three rows each.
    assert len(found) == 1 + 6 + 4 + 3 + 3
    assert ("mixed", {"a": 0, "y": 1}) not in found


@pytest.mark.parametrize("name", ["not", "and", "xor", "half_adder"])
def test_most_frequent_state_is_right_for_every_clamping(name):
    for _, clamps in gate_clampings(GATES[name]):
        run = run_clamped(GATES[name], clamps, cycles=100, replicas=128, seed=1)
        assert run.mode_right, clamps
        assert run.hits == 128


def test_multiplier_both_ways():
    forwards = run_multiplier({"a": 9, "b": 7}, cycles=400, replicas=256, seed=1)
    backwards = run_multiplier({"p": 143}, cycles=400, replicas=256, seed=1)
    assert forwards.mode_right
    assert backwards.mode_right
    # 13 is prime to all 4-bit numbers but itself, and 17 has five bits.
    without = run_multiplier({"p": 221}, cycles=50, replicas=64, seed=1)
    assert not without.mode_right
    assert without.hits == 0


def test_intervals_are_those_of_tables():
    # Clopper and Pearson for 8 of 10, and for 10 of 10: 0.025^(1/10).
    figures = summary([run_with([3] * 8 + [0] * 2)])
    assert (figures["success_low"], figures["success_high"]) == pytest.approx(
        (0.4439, 0.9748), abs=1e-4
    )
    all_right = summary([run_with([3] * 10)])
    assert all_right["success_low"] == pytest.approx(0.025**0.1)
    assert all_right["success_high"] == 1.0
    # 224 cycles for 8 solutions; the interval of a Poisson count of 8 is 3.454 to 15.763.
    assert figures["cycles_to_solution"] == (8 * 3 + 2 * 100) / 8
    assert figures["cycles_low"] == pytest.approx(224 / 15.763, rel=1e-4)
    assert figures["cycles_high"] == pytest.approx(224 / 3.4538, rel=1e-4)


def test_no_solution_has_only_a_lower_bound():
    figures = summary([run_with([0] * 10, right=False)])
    assert figures["cycles_to_solution"] is figures["cycles_high"] is None
    assert figures["cycles_low"] == pytest.approx(1000 / -math.log(0.025))
    assert figures["most_frequent_right"] == 0


def test_command_writes_tables_and_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("stochastic.invertible.GATES", {"and": GATES["and"]})
    words = ["study", "invertible", "--out", str(tmp_path), "--gates-only", "--json"]
    done = CliRunner().invoke(app, [*words, "--cycles", "50", "--replicas", "64"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)
    assert {row["clamped"] for row in rows} == {"free", "mixed", "forwards", "backwards"}
    assert all(row["most_frequent_right"] == row["clampings"] for row in rows)
    with (tmp_path / "clampings.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 17
    for name in ("truth_table.png", "energy.png", "states.png"):
        assert (tmp_path / name).read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--replicas", "100"], "--replicas must be a multiple of 64, not 100"),
        (["--cycles", "1"], "--cycles must be between 10 and 1000000, not 1"),
    ],
)
def test_bad_use(tmp_path, words, message):
    done = CliRunner().invoke(app, ["study", "invertible", "--out", str(tmp_path), *words])
    assert isinstance(done.exception, ValueError)
    assert str(done.exception) == message
