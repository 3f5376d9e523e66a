"""`goldstream train` with a network and a data set of one's own: it resumes and replays."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from sim.cli import app
from stochastic.training import Run

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_nets.py"


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of the example, and the folder of its file."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(EXAMPLE, folder / "my_nets.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shown = run(
            *("train", "--model", "my_nets.py:Net", "--dataset", "my_nets.py:Shapes"),
            *("--width", 0.5, "--epochs", 2, "--threads", 1, "--out", folder / "run"),
            "--json",
        )
    assert shown.exit_code == 0, shown.output
    return folder, json.loads(shown.stdout)


def test_a_network_of_ones_own_learns_and_goes_on_from_another_place(trained):
    folder, epochs = trained
    assert [epoch["number"] for epoch in epochs] == [1, 2]
    # The file is found where it was when the run began.
    shown = run("train", "--resume", folder / "run", "--epochs", 5, "--json")
    assert shown.exit_code == 0, shown.output
    # Four shapes of equal numbers: guesses are right in 25 %.
    assert json.loads(shown.stdout)[-1]["test_accuracy"] > 0.8
    settings = json.loads((folder / "run" / "configuration.json").read_text())
    assert (settings["model"], settings["epochs"]) == ("my_nets.py:Net", 5)


def test_a_changed_file_does_not_go_on(trained, tmp_path):
    folder, _ = trained
    copy = tmp_path / "run"
    shutil.copytree(folder / "run", copy)
    (tmp_path / "my_nets.py").write_text(EXAMPLE.read_text() + "\n# Changed.\n")
    facts = json.loads((copy / "resume.json").read_text())
    (copy / "resume.json").write_text(json.dumps({**facts, "code": str(tmp_path)}))
    shown = run("train", "--resume", copy, "--epochs", 9)
    assert str(shown.exception) == (
        f"{tmp_path}/my_nets.py has changed since the run began: put it back as it was, or "
        "begin in another folder"
    )


def test_its_network_is_loaded_from_any_place_and_not_one_of_neurons(trained):
    folder, _ = trained
    # The current directory is not that of the file.
    assert Run(folder / "run").code_directory == folder
    shown = run("infer", folder / "run")
    assert str(shown.exception) == (
        f"{folder}/run holds a run of goldstream train, whose network goldstream study network "
        "measures on streams"
    )


@pytest.mark.simulator
def test_its_records_replay(trained):
    folder, _ = trained
    shown = run("replay", folder / "run", "--steps", 1, "--json")
    assert shown.exit_code == 0, shown.output
    rows = list(csv.DictReader((folder / "run" / "replay.csv").open()))
    names = [row["name"] for row in rows]
    assert names[:2] == ["first.weight", "first.bias"]
    # Two convolutions, a normalization and a linear layer, of 16 channels.
    assert sum(int(row["parameters"]) for row in rows) == 160 + 2320 + 32 + 68
    assert {row["mismatches"] for row in rows} == {"0"}


def test_a_time_between_checkpoints_is_no_negative_one(tmp_path):
    shown = run("train", "--out", tmp_path / "run", "--checkpoint-seconds", -1)
    assert str(shown.exception) == "--checkpoint-seconds must be 0 or more, not -1.0"
    assert not (tmp_path / "run").exists()
