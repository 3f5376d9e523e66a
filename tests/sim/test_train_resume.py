"""``goldstream train --resume``, and what it tells when it is stopped."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from sim.cli import app
from sim.progress import progress_bar

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SETTINGS = (
    *("--model", "resnet18", "--width", "0.02", "--images", "48", "--batch-size", "16"),
    *("--threads", "1", "--seed", "5", "--dataset", "digits"),
)


def run(*words):
    return CliRunner().invoke(app, ["train", *map(str, words)])


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    row = ",".join(["1", "15"] * 32)
    text = "".join(f"{row},{i % 10}\n" for i in range(100))
    (folder / "digits.csv").write_text(text)
    return folder


def test_resume_needs_no_other_flag_and_adds_epochs(tmp_path, data):
    out = tmp_path / "run"
    shown = run("--out", out, *SETTINGS, "--data", data, "--epochs", 1, "--record", 1)
    assert shown.exit_code == 0, shown.output
    shown = run("--resume", out)
    assert shown.exit_code == 0, shown.output
    shown = run("--resume", out, "--epochs", 3, "--json")
    assert [epoch["number"] for epoch in json.loads(shown.stdout)] == [1, 2, 3]
    settings = json.loads((out / "configuration.json").read_text())
    assert (settings["seed"], settings["images"], settings["epochs"]) == (5, 48, 3)
    assert len(list(csv.DictReader((out / "epochs.csv").open()))) == 3


def test_resume_takes_no_other_settings(tmp_path):
    for words, sentence in (
        (
            ("--resume", tmp_path, "--batch-size", 8),
            "--resume goes on with the settings of the run and takes --epochs, --data, "
            "--checkpoint-seconds and --json alone, not --batch-size",
        ),
        ((), "train needs --out FOLDER for a new run, or --resume RUN"),
        (("--resume", tmp_path), f"{tmp_path} holds no run: there is no configuration"),
    ):
        assert str(run(*words).exception) == sentence


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_tells_what_is_saved_and_how_to_go_on(tmp_path, data, number, status):
    out = tmp_path / "my run"
    command = ("-m", "goldstream", "train", "--out", out, *SETTINGS, "--data", data)
    process = subprocess.Popen(
        [sys.executable, *map(str, command), "--epochs", "100000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (out / "epochs.csv").exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status
    told, last = [line for line in errors.splitlines() if line.startswith("goldstream: ")]
    assert last == "goldstream: interrupted"
    found = re.fullmatch(
        rf"goldstream: {re.escape(str(out))}/checkpoint\.pt holds step (\d+) of 300000; to go "
        rf"on: goldstream train --resume '{re.escape(str(out))}'",
        told,
    )
    assert found
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    assert state["trainer"]["step"] == int(found[1]) >= 3
    assert "Traceback" not in errors
    assert not list(out.glob(".*"))


def test_lines_tell_the_time_to_the_end_from_the_first_minute(monkeypatch, capsys):
    monkeypatch.setattr("sim.progress.FIRST", 0.2)
    with progress_bar() as bar:
        # A fifth was done before; half of the rest takes the 0.2 seconds.
        task = bar.add_task("training", total=100, completed=20)
        bar.update(task, completed=60)
        time.sleep(0.4)
    line = capsys.readouterr().err
    assert re.fullmatch(r"training: 60 % after 0:00:0\d, about 0:00:0\d left\n", line)
    from sim import progress

    assert progress.INTERVAL + 10 <= 60
