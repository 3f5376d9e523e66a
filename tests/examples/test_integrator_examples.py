"""The examples of dynamic stochastic computing run, and come to what their paper prints."""

import csv
import importlib
import sys

import numpy as np
import pytest

from tests.support.example_runs import run_example

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.simulator
def test_ode_solver(tmp_path):
    done = run_example("ode_solver", "--pairs", 1, "--out", tmp_path, "--verify")
    assert done.returncode == 0, done.stderr
    # All 18 bits of both counters in each cycle.
    assert f"verilator: {18 * 3217} bits of 3217 cycles compared, 0 mismatches" in done.stdout
    errors = {row["words"]: row for row in table(tmp_path / "errors.csv")}
    for name in ("RMSE of y1", "RMSE of y2"):
        assert float(errors["Sobol 0 and 1, phase 76"][name]) <= 6e-3
        # What Euler's method errs by: the mean square of size exp(h t / 2) - 1, size 1/2.
        step, end = 1 / 256, 4 * np.pi
        theory = np.sqrt(np.mean((step * np.linspace(0, end, 1000) / 4) ** 2) / 2)
        assert float(errors["Euler in floats"][name]) == pytest.approx(theory, rel=0.05)
        assert float(errors["random (PCG), seed 1"][name]) > 0.02
    rows = table(tmp_path / "solution.csv")
    assert len(rows) == 3217
    values = np.array([[float(row[name]) for name in ("y1", "y2")] for row in rows])
    time = np.arange(3217) / 256
    exact = np.stack([0.5 - 0.5 * np.cos(time), 0.5 + 0.5 * np.sin(time)], axis=1)
    assert np.all(np.sqrt(np.mean((values - exact) ** 2, axis=0)) <= 6e-3)
    (row,) = table(tmp_path / "phases.csv")
    assert row["best phase"] == "76"
    assert float(row["least"]) < float(row["median"]) < float(row["largest"])
    assert (tmp_path / "solution.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.simulator
def test_lms_filter_in_small(tmp_path):
    arguments = ("--taps", 5, "--widths", 8, "--bits", 6, "--iterations", 8000)
    done = run_example("lms_filter", *arguments, "--cycles", 300, "--out", tmp_path, "--verify")
    assert done.returncode == 0, done.stderr
    # An estimate of 8 bits and five weights of 10 in each cycle.
    assert f"verilator: {58 * 300} bits of 300 cycles compared, 0 mismatches" in done.stdout
    last = {
        row["integrators"]: float(row["misalignment (dB)"])
        for row in table(tmp_path / "misalignment.csv")
    }
    assert list(last) == ["8 bits, Sobol", "8 bits, LFSR"]
    # 8000 samples of mean square 1/3 at the step 2^-8 leave exp(-20) of the start, so only
    # the noise stays; beside it steps of 2^-8, and estimates in steps of 2^-6, hardly show.
    assert max(last.values()) <= -20
    assert (tmp_path / "misalignment.png").read_bytes().startswith(b"\x89PNG")


def test_lms_filter_of_the_paper(tmp_path):
    """About -45 dB with 14-bit integrators, about -52 dB with 16-bit ones."""
    done = run_example("lms_filter", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    last = {row["integrators"]: row for row in table(tmp_path / "misalignment.csv")}
    for name, samples, goal in (
        ("14 bits, Sobol", 340_000, -45),
        ("14 bits, LFSR", 340_000, -45),
        ("16 bits, Sobol", 1_360_000, -52),
        ("16 bits, LFSR", 1_360_000, -52),
    ):
        assert int(last[name]["samples"]) == samples
        assert float(last[name]["misalignment (dB)"]) <= goal


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lms_filter", "--taps", 4), "a high-pass filter's taps must be odd, not 4"),
        (("lms_filter", "--iterations", 0), "iterations must be 1 or more, not 0"),
        (("lms_filter", "--widths", 21), "LmsFilter width must be between 1 and 20, not 21"),
        (("ode_solver", "--width", 30), "Sobol width must be between 1 and 24, not 30"),
    ],
)
def test_bad_use(tmp_path, monkeypatch, arguments, message):
    module, *options = map(str, arguments)
    monkeypatch.setattr(sys, "argv", [module, *options, "--out", str(tmp_path)])
    with pytest.raises(ValueError, match=f"^{message}$"):
        importlib.import_module(f"examples.{module}").main()


@pytest.mark.parametrize("module", ["ode_solver", "lms_filter"])
def test_an_unwritable_directory_is_said_before_work_starts(tmp_path, module):
    (tmp_path / "file").write_text("")
    done = run_example(module, "--out", tmp_path / "file" / "sub")
    assert done.returncode == 2
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr
