"""Studies: statistics over seeds, and runs that do not depend on who makes them."""

import contextlib
import math
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from fixedpoint.circuit.folder_lock import LOCK
from stochastic.training import Configuration, Mean, Run, finished_run, paired, run_all

pytestmark = pytest.mark.slow

SMALL = Configuration(model="resnet18", width=1 / 64, images=64, epochs=1, batch_size=32)


def test_mean_and_standard_error():
    values = [90.1, 89.7, 90.4, 88.8]
    mean = Mean.of(iter(values))
    assert mean.value == pytest.approx(statistics.fmean(values), rel=1e-15)
    assert mean.error == pytest.approx(statistics.stdev(values) / 2, rel=1e-12)
    assert mean.count == 4


def test_the_mean_of_one_value_has_no_error():
    mean = Mean.of([3.0])
    assert (mean.value, mean.count) == (3.0, 1)
    assert math.isnan(mean.error)


def test_the_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match="^a mean needs at least one value$"):
        Mean.of([])


def test_differences_are_taken_seed_by_seed():
    # What all seeds have in common cancels: 1, 1 and 1 have no spread.
    assert paired([5.0, 9.0, 2.0], [4.0, 8.0, 1.0]) == Mean(1.0, 0.0, 3)


def test_runs_do_not_depend_on_processes_and_are_made_once(tmp_path):
    trials = {f"seed{seed}": SMALL.replace(seed=seed) for seed in (2, 1)}
    told = []
    found = run_all(tmp_path, trials, jobs=2, progress=lambda *done: told.append(done))
    assert list(found) == ["seed2", "seed1"]
    assert told[-1] == (2, 2)
    alone = Run(tmp_path / "alone", trials["seed1"])
    (epoch,) = alone.train()
    assert epoch.test_accuracy == found["seed1"][0].test_accuracy
    assert epoch.loss == found["seed1"][0].loss
    before = (tmp_path / "seed1" / "epochs.csv").read_text()
    kept = {}
    again = run_all(tmp_path, trials, jobs=1, finished=kept.__setitem__)
    assert kept == again
    # Times are taken anew in every run: that they are equal shows that none was made.
    assert again == found
    assert (tmp_path / "seed1" / "epochs.csv").read_text() == before


def test_a_finished_run_is_found_without_training(tmp_path):
    two = SMALL.replace(epochs=2)
    epochs = Run(tmp_path, two).train()
    assert finished_run(tmp_path, two) == epochs
    assert finished_run(tmp_path, SMALL) is None
    assert finished_run(tmp_path, two.replace(seed=2)) is None
    assert finished_run(tmp_path / "none", two) is None
    path = tmp_path / "epochs.csv"
    lines = path.read_text().splitlines()
    for wrong in (lines[:2], lines[:1], [], [*lines[:2], "2,2,x"], [lines[0], "2,2"]):
        path.write_text("\n".join(wrong))
        assert finished_run(tmp_path, two) is None


def test_a_run_that_fails_is_heard_of(tmp_path):
    Run(tmp_path / "seed1", SMALL.replace(seed=7))
    with pytest.raises(ValueError, match="holds a run with seed 7, not 1"):
        run_all(tmp_path, {"seed1": SMALL.replace(seed=1)})


def test_a_run_that_fails_leaves_processes_of_the_caller_alone(tmp_path):
    mine = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    mine.start()
    try:
        Run(tmp_path / "seed1", SMALL.replace(seed=7))
        with pytest.raises(ValueError, match="holds a run with seed 7, not 1"):
            run_all(tmp_path, {"seed1": SMALL.replace(seed=1)})
        assert mine.is_alive()
    finally:
        mine.kill()
        mine.join()


LONG = """
import sys
from stochastic.training import Configuration, run_all

if __name__ == "__main__":
    long = Configuration(width=1 / 64, epochs=1000, images=64, batch_size=16)
    run_all(sys.argv[1], {"long": long})
"""


def test_no_process_outlives_a_killed_study(tmp_path):
    (tmp_path / "long.py").write_text(LONG)
    out = tmp_path / "out"
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    study = subprocess.Popen(
        [sys.executable, tmp_path / "long.py", out],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 120
        while not (out / "long" / "configuration.json").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        study.kill()
        # There is an end of what they write only when all of them have ended.
        study.communicate(timeout=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(study.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "early"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGINT, True)],
)
def test_a_stopped_study_and_its_processes_say_nothing(tmp_path, number, early):
    """A terminal sends Ctrl-C to all processes, SIGTERM goes to one: both end all of them."""
    out = tmp_path / "out"
    root = str(Path(__file__).parents[2])
    study = subprocess.Popen(
        [
            *(sys.executable, "-m", "goldstream", "study", "accuracy", "--out", out),
            *("--model", "resnet18", "--epochs", "1000", "--width", "0.02", "--jobs", "2"),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": root}, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        runs = out / "runs"
        while not (runs.exists() if early else list(runs.glob("*/configuration.json"))):
            assert time.monotonic() < until
            assert study.poll() is None
            time.sleep(0.05)
        (os.killpg if number == signal.SIGINT else os.kill)(study.pid, number)
        _, errors = study.communicate(timeout=60)
        assert study.returncode == 128 + number
        told = [line for line in errors.splitlines() if "runs done" not in line]
        assert told == ["goldstream: interrupted"]
        # No half-written file stays. A lock goes with its process, whatever its file says.
        assert {path.name for path in runs.rglob(".*")} <= {LOCK}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(study.pid, signal.SIGKILL)
