"""The commands that train."""

import csv
import json

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from sim.cli import app
from sim.commands.training_studies import with_length
from stochastic.training import OPTIMIZERS, Configuration, load_records
from tests.support.small_runs import run_all_here

pytestmark = pytest.mark.slow

RUNNER = CliRunner()
TINY = ["--width", "0.02", "--images", "64", "--epochs", "1"]


def run(*words):
    """Run a command; training takes one thread, since test processes share the cores."""
    threads = ("--threads", 1) if words[0] == "train" else ()
    return RUNNER.invoke(app, [str(word) for word in (*words, *threads)])


def test_train_writes_a_run_and_goes_on_with_it(tmp_path):
    out = tmp_path / "run"
    words = ("train", "--out", out, *TINY, "--batch-size", 16, "--record", 0, "--record", -1)
    shown = run(*words)
    assert shown.exit_code == 0, shown.output
    assert "vgg16, dsc-momentum, seed 1" in shown.output
    settings = json.loads((out / "configuration.json").read_text())
    assert {name: settings[name] for name in ("width", "images", "epochs", "batch_size")} == {
        "width": 0.02, "images": 64, "epochs": 1, "batch_size": 16,
    }  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == [
        *("checkpoint.pt", "configuration.json", "curve.png", "epochs.csv", "records.npz"),
        "resume.json",
    ]
    (row,) = csv.DictReader((out / "epochs.csv").open())
    again = run(*words, "--json")
    (epoch,) = json.loads(again.output)
    assert epoch["loss"] == float(row["loss"])
    assert epoch["seconds"] == float(row["seconds"])


def test_train_refuses_bad_settings_before_it_makes_anything(tmp_path):
    out = tmp_path / "run"
    shown = run("train", "--out", out, "--optimizer", "sgd", "--lanes", 4)
    assert isinstance(shown.exception, ValueError)
    assert str(shown.exception) == "the optimizer sgd has no lanes"
    shown = run("train", "--out", out, "--dataset", "cifar-10")
    assert str(shown.exception) == "data set cifar-10 needs the directory of its files"
    shown = run("train", "--out", out, "--dataset", "fashion-mnist", "--data", tmp_path)
    assert str(shown.exception).startswith("there is no train-images")
    assert not out.exists()


def test_json_of_a_run_that_diverged_is_strict(tmp_path):
    words = ("--batch-size", 32, "--optimizer", "sgd", "--lr", 1e30, "--json")
    shown = run("train", "--out", tmp_path, *TINY, *words)
    assert shown.exit_code == 0, shown.output

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    (epoch,) = json.loads(shown.stdout, parse_constant=refuse)
    assert epoch["loss"] is None
    assert epoch["number"] == 1


def test_a_run_of_one_step_records_it(tmp_path):
    for optimizer, steps in (("dsc-momentum", {0}), ("sgd", None)):
        out = tmp_path / optimizer
        words = ("--batch-size", 64, "--optimizer", optimizer)
        shown = run("train", "--out", out, *TINY, *words)
        assert shown.exit_code == 0, shown.output
        if steps is None:
            assert not (out / "records.npz").exists()
        else:
            _, records = load_records(out / "records.npz")
            assert {record.step for record in records} == steps


def test_train_names_the_file_whose_setting_is_of_the_wrong_type(tmp_path):
    settings = {**Configuration(epochs=1).to_dict(), "threads": "two"}
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(settings))
    shown = run("train", "--out", tmp_path, *TINY)
    assert str(shown.exception) == (
        f"{path} is not a configuration: Configuration: threads must be an integer, not 'two'"
    )
    assert json.loads(path.read_text()) == settings
    assert [path.name for path in tmp_path.iterdir()] == ["configuration.json"]


def test_train_goes_forward_backward_and_on_in_fixed_point(tmp_path):
    out = tmp_path / "run"
    words = (*("--out", out), *TINY, *("--batch-size", 16, "--optimizer", "fixed-nearest"))
    shown = run("train", *words, "--formats", "8-bit")
    assert shown.exit_code == 0, shown.output
    assert "vgg16, fixed-nearest, 8-bit, seed 1" in shown.output
    rows = list(csv.DictReader((out / "formats.csv").open()))
    assert {row["point"] for row in rows if row["layer"] == "0"} == {
        "activation", "weight", "sum", "error", "gradient",
    }  # fmt: skip
    shown = run("train", *words, "--formats", "16-bit")
    assert str(shown.exception).startswith(f"{out} holds a run with formats 8-bit, not 16-bit")
    shown = run("train", "--out", tmp_path / "other", *TINY, "--formats", "float")
    assert str(shown.exception) == "formats must be 2-bit to 16-bit, not 'float'"


def test_study_accuracy_raises_the_length_until_it_is_enough(tmp_path):
    shown = run(
        *("study", "accuracy", "--out", tmp_path, "--model", "vgg16", "--model", "vgg16"),
        *("--seeds", 2, *TINY, "--jobs", 2, "--json"),
    )
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.output)
    assert rows[0]["optimizer"] == "float SGD"
    assert [row["cycles_per_step"] for row in rows[1:]] == [1, 4, 16, 64][: len(rows) - 1]
    enough = [row["difference"] >= -0.5 for row in rows[1:]]
    assert enough[:-1] == [False] * (len(enough) - 1)
    assert enough[-1] or len(enough) == 4
    assert (tmp_path / "accuracy.png").stat().st_size > 1000
    runs = {row["run"] for row in csv.DictReader((tmp_path / "runs.csv").open())}
    assert {"vgg16-sgd-seed1", "vgg16-sgd-seed2", "vgg16-dsc-L1-seed2"} <= runs


def test_study_length_has_four_series_against_float(tmp_path, monkeypatch):
    monkeypatch.setattr("stochastic.training.run_all", run_all_here)
    shown = run(
        *("study", "length", "--out", tmp_path, "--model", "vgg16", "--seeds", 1),
        *(*TINY, "--longest", 2, "--json"),
    )
    assert shown.exit_code == 0, shown.output
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [row["series"] for row in rows[:3]] == ["float SGD", *["cycles per step"] * 2]
    assert {row["series"] for row in rows[3:]} == {
        "momentum bits", "weight fraction bits", "generator",
    }  # fmt: skip
    assert rows[0]["difference"] == "0.0"
    # One seed has no standard error.
    assert {row["accuracy_error"] for row in rows} == {""}
    assert (tmp_path / "length.png").stat().st_size > 1000


def test_study_settings_trains_what_series_share_once(tmp_path, monkeypatch):
    monkeypatch.setattr("stochastic.training.run_all", run_all_here)
    shown = run(
        *("study", "settings", "--out", tmp_path, "--model", "vgg16", "--seeds", 1),
        *(*TINY, "--json"),
    )
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.output)
    assert [(row["series"], row["value"]) for row in rows[1:]] == [
        *(("learning rate", value) for value in ("0.003", "0.006", "0.012")),
        *(("beta", value) for value in ("7/8", "15/16", "31/32")),
        *(("gradient scale", value) for value in ("0.25", "0.5", "1", "2")),
        *(("rates", value) for value in ("by tensor", "one for all")),
        *(("L = 4", value) for value in ("LFSR, 1", "LFSR, 1/4", "Sobol, 1", "Sobol, 1/4")),
    ]
    shared = [rows[i]["accuracy"] for i in (2, 5, 9, 11)]
    assert shared == [shared[0]] * 4
    assert len(list((tmp_path / "runs").iterdir())) == 14
    assert (tmp_path / "settings.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "words",
    [
        ["length", "--longest", "65"],
        ["accuracy", "--seeds", "0"],
        ["accuracy", "--jobs", "0"],
        ["settings", "--width", "0"],
    ],
)
def test_studies_refuse_bad_settings(tmp_path, words):
    shown = run("study", *words, "--out", tmp_path / "study")
    assert isinstance(shown.exception, ValueError)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("length", [1, 2, 4, 8, 16, 32, 64])
def test_every_length_of_the_studies_has_an_optimizer(length):
    settings = with_length(Configuration(optimizer="dsc-momentum"), length)
    parameters = [("weight", torch.nn.Parameter(torch.full((3, 4), 0.5)))]
    optimizer = OPTIMIZERS["dsc-momentum"].make(parameters, lr=0.01, **settings.options)
    assert optimizer.circuit.cycles_per_step == length
    # The range of the weights stays; below 16 cycles their unit at rate 1 does, too.
    low, high = optimizer.circuit.weight_range
    assert (low * optimizer.unit, round(high * optimizer.unit, 2)) == (-4.0, 4.0)
    assert optimizer.unit == 2.0 ** -min(21, 17 + length.bit_length() - 1)
