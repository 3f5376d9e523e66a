"""The examples run, short, and come to what they claim."""

import csv
import json
import subprocess
import sys

import pytest

from tests.support.example_runs import run_example

pytestmark = pytest.mark.slow


def test_demo(tmp_path):
    done = run_example("demo", "--epochs", 1, "--images", 512, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["mismatches"] == 0
    # 9 * 25,544 weights of convolutions, 2 * 528 of batch normalization, 650 of the linear
    # layer; three steps are recorded in one epoch.
    steps = {row["step"] for row in summary["replayed"]}
    assert steps == {0, 3, 7}
    assert summary["parameters_replayed"] == 3 * (9 * 25_544 + 2 * 528 + 650)
    assert summary["bits_compared"] > 0
    # A fault in the Verilog is found in the last of them.
    caught = [row["mismatches"] for row in summary["replayed_with_fault"]]
    assert {row["step"] for row in summary["replayed_with_fault"]} == {7}
    assert sum(caught) > 0
    assert summary["fault"]
    with (tmp_path / "epochs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["optimizer"] for row in rows] == [
        "float momentum SGD",
        "stochastic momentum SGD",
    ]
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_accuracy(tmp_path):
    done = run_example("accuracy", "--products", 200, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "accuracy.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["length"]) for row in rows] == [1 << k for k in range(4, 17)]
    last = rows[-1]
    # Low discrepancy beats independent bits by far once streams are long.
    assert float(last["Sobol 0, 1"]) < float(last["independent bits"]) / 20
    # One pair of random sequences serves all products, so their errors go together: within
    # a factor of 4 of the law of independent bits is what that leaves to say.
    assert 1 / 4 < float(last["random (PCG)"]) / float(last["independent bits"]) < 4
    assert (tmp_path / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_an_unwritable_directory_is_said_before_work_starts(tmp_path):
    (tmp_path / "file").write_text("")
    # As users start it; the other tests here run the commands in this process.
    words = [sys.executable, "-m", "examples.demo", "--out", str(tmp_path / "file" / "sub")]
    done = subprocess.run(words, text=True, capture_output=True, check=False)
    assert done.returncode == 2
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr
