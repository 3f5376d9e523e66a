"""The script for a GPU goes on a CPU, too."""

import json

import pytest

torch = pytest.importorskip("torch")

from examples import gpu_check
from stochastic.training import Configuration
from tests.support.example_runs import run_example

pytestmark = pytest.mark.slow

SMALL = ("--dataset", "fashion-mnist-subset", "--width", 0.02, "--images", 96, "--batch", 32)


def test_everything_is_measured_without_a_gpu(tmp_path):
    done = run_example(
        "gpu_check", "--device", "cpu", *SMALL, "--minutes", 0.01, "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "gpu_check.json").read_text())
    assert facts["differing_codes"] == dict.fromkeys(gpu_check.CIRCUITS, 0)
    assert list(facts["epochs"]) == ["float SGD", "circuit"]
    # So little time is enough for no epoch: there is one.
    assert {len(epochs) for epochs in facts["epochs"].values()} == {1}
    assert all(seconds > 0 for seconds in facts["step_seconds"].values())
    assert "passing parameters from cpu to cpu and back" in done.stdout


def test_other_bits_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_check, "differing_bits", lambda name, device: 3)
    done = run_example("gpu_check", "--device", "cpu", *SMALL, "--epochs", 1, "--out", tmp_path)
    assert done.returncode == 1


@pytest.fixture
def without_checks(monkeypatch):
    monkeypatch.setattr(gpu_check, "differing_bits", lambda name, device: 0)
    times = dict.fromkeys(("there", "passed", "here"), 1.0)
    monkeypatch.setattr(gpu_check, "step_seconds", lambda *_: times)
    monkeypatch.setattr(gpu_check, "seconds_of_epoch", lambda *_: 1000.0)


def test_runs_that_are_there_go_on(tmp_path, without_checks, monkeypatch):
    def check(*more):
        return run_example("gpu_check", "--device", "cpu", *SMALL, *more, "--out", tmp_path)

    assert check("--epochs", 2).returncode == 0
    (tmp_path / "gpu_check.json").unlink()
    # There is time for one epoch alone, but two are there.
    assert check().returncode == 0
    facts = json.loads((tmp_path / "gpu_check.json").read_text())
    assert {len(epochs) for epochs in facts["epochs"].values()} == {2}
    # What cannot go on is refused before any check.
    monkeypatch.setattr(gpu_check, "differing_bits", None)
    for more, sentence in (
        (("--epochs", 1), f"{tmp_path} holds runs of 2 epochs: there may be more, but not 1"),
        (("--epochs", 0), "epochs must be between 1 and 1048576, not 0"),
        (("--width", 0.03), f"{tmp_path}/float-SGD holds a run with width 0.02, not 0.03"),
    ):
        done = check(*more)
        assert done.returncode == 2
        assert done.stderr.startswith(sentence)


def test_every_data_set_is_taken(tmp_path, without_checks):
    for name, file in (("mnist", "train-images-idx3-ubyte"), ("digits", "digits.csv")):
        done = run_example(
            *("gpu_check", "--device", "cpu", "--dataset", name, "--epochs", 1),
            *("--data", tmp_path, "--out", tmp_path / name),
        )
        assert done.stderr.startswith(f"there is no {file}.gz or {file} in {tmp_path}")


def test_a_difference_in_bits_is_counted(monkeypatch):
    name = "MomentumSGD, L = 1"
    assert gpu_check.differing_bits(name, "cpu") == 0
    entry = gpu_check.OPTIMIZERS["dsc-momentum"]
    rates = iter((0.003, 0.006))

    class Other:
        lr = 0.003

        @staticmethod
        def make(named, lr, **options):
            return entry.make(named, lr=next(rates), **options)

    monkeypatch.setitem(gpu_check.OPTIMIZERS, "dsc-momentum", Other)
    assert gpu_check.differing_bits(name, "cpu") > 0


def test_the_time_of_an_epoch_follows_from_some_steps():
    settings = Configuration(width=0.02, images=96, batch_size=32, optimizer="sgd")
    assert 0 < gpu_check.seconds_of_epoch(settings, None) < 60


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(tmp_path):
    done = run_example("gpu_check", "--data", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "device cuda needs a GPU that torch can use, and there is none"
    )
