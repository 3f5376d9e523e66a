"""Studies of trained networks: accuracy against length, cycles and bits."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("torch")
parquet = pytest.importorskip("pyarrow.parquet")

import torch

from sim.cli import app
from sim.studies import folder as study_folder
from sim.studies.network_study import NETWORK_COLUMNS
from stochastic.networks import convert, load_trained
from stochastic.training import Configuration, Run, load
from tests.support.digits_neurons import NEURONS, trained

pytestmark = pytest.mark.slow

COUNTED = Configuration(
    model="vgg16", width=1 / 32, dataset="digits", images=64, epochs=1, optimizer="sgd", lr=0.1
)
IMAGES = 60
SMALL = ("--images", IMAGES, "--jobs", 1)


@pytest.fixture(scope="module")
def neurons(tmp_path_factory):
    return trained(tmp_path_factory)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    path = tmp_path_factory.mktemp("counted")
    Run(path, COUNTED).train()
    return path


def study(*arguments):
    return CliRunner().invoke(app, ["study", "network", *map(str, arguments)])


def rows_of(*arguments):
    done = study(*arguments, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_neurons_at_every_length_are_networks_of_that_length(neurons, tmp_path):
    out = tmp_path / "out"
    rows = rows_of(neurons, "--lengths", "4,32,9", "--seeds", 2, *SMALL, "--out", out)
    assert parquet.read_table(out / "results.parquet").to_pylist() == rows
    assert list(rows[0]) == list(NETWORK_COLUMNS)
    data = load("digits")
    images, labels = data.test_images[:IMAGES], data.test_labels[:IMAGES]
    _, model = load_trained(neurons)
    for row in rows:
        network = convert(model, length=row["length"], range=2, seed=row["seed"])
        wrong = int((network.classify(images) != labels).sum())
        assert (row["errors"], row["images"]) == (wrong, IMAGES)
        assert row["accuracy"] == pytest.approx(100 * (1 - wrong / IMAGES))
        assert (row["cycles"], row["bits"]) == (row["length"], 2 * row["length"])
    assert [(row["seed"], row["length"]) for row in rows] == [
        (seed, length) for seed in (1, 2) for length in (4, 32, 9)
    ]
    assert (out / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_a_counted_network_with_every_multiplier(counted, tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        f'run = "{counted}"\nlengths = [16]\nranges = [1, 2]\ngenerators = ["sobol"]\n'
    )
    rows = rows_of("--study", file, *SMALL, "--out", tmp_path / "out")
    assert [(row["range"], row["length"]) for row in rows] == [(1, 16), (2, 16)]
    # VGG16's convolutions and its linear layer wait for each other.
    model = Run(counted).trainer.model.eval()
    kinds = torch.nn.Conv2d | torch.nn.Linear
    weighted = sum(isinstance(layer, kinds) for layer in model.modules())
    assert [row["cycles"] for row in rows] == [weighted * 16] * 2
    assert [row["bits"] for row in rows] == [16, 32]
    data = load("digits")
    train, test = dataclasses.replace(data, train_images=data.train_images[:64]).normalized()
    network = convert(
        model, length=16, range=2, generator="sobol", images=torch.from_numpy(train[:50])
    )
    labels = network.classify(torch.from_numpy(test[:IMAGES]))
    assert rows[1]["errors"] == int((labels != data.test_labels[:IMAGES]).sum())
    shown = study("--study", file, *SMALL, "--out", tmp_path / "out")
    assert f"without streams: {rows[0]['float_accuracy']:.2f} %" in shown.stdout


def test_a_cluster_of_dask_gives_the_bytes_of_one_computer(neurons, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = (neurons, "--lengths", 8, "--seeds", 2, *SMALL, "--out")
    assert study(*options, tmp_path / "alone").exit_code == 0
    workers = {"processes": True, "n_workers": 1, "threads_per_worker": 1}
    with distributed.LocalCluster(**workers, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        assert study(*options, tmp_path / "many", "--scheduler", address).exit_code == 0
    alone, many = (tmp_path / name / "results.parquet" for name in ("alone", "many"))
    assert many.read_bytes() == alone.read_bytes()


OWN = """
from torch import nn
from torch.nn import functional

class Net(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv, self.last = nn.Conv2d(channels, 4, 3), nn.Linear(4, classes)

    def forward(self, x):
        x = self.conv(x)
        return self.last(LARGEST)
"""


def test_networks_of_ones_own_are_studied_or_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    largest = {
        "usual": "functional.adaptive_max_pool2d(x, 1).flatten(1)",
        "other": "x.amax((2, 3))",
    }
    for name, code in largest.items():
        (tmp_path / f"{name}.py").write_text(OWN.replace("LARGEST", code))
        Run(tmp_path / name, COUNTED.replace(model=f"{name}.py:Net", width=1.0)).train()
    options = ("--lengths", 16, "--generators", "sobol", "--corrections", "none,bias", *SMALL)
    rows = rows_of("usual", *options, "--out", "out")
    assert [(row["cycles"], row["correction"]) for row in rows] == [(32, "none"), (32, "bias")]
    refused = study("other", "--lengths", 16, *SMALL, "--out", tmp_path / "none")
    assert str(refused.exception).endswith(
        "AdaptiveMaxPool2d, Flatten and additions, not amax at amax"
    )
    assert not (tmp_path / "none").exists()


class StoppedError(Exception):
    pass


def test_an_interrupted_study_continues_to_equal_bytes(neurons, tmp_path, monkeypatch):
    options = (neurons, "--lengths", 8, "--seeds", 3, *SMALL, "--out")
    assert study(*options, tmp_path / "whole").exit_code == 0
    put, done = study_folder.StudyFolder.put, []

    def stop_after_two(self, task, rows):
        if len(done) == 2:
            raise StoppedError
        done.append(task.number)
        put(self, task, rows)

    with monkeypatch.context() as patched:
        patched.setattr(study_folder.StudyFolder, "put", stop_after_two)
        assert isinstance(study(*options, tmp_path / "part").exception, StoppedError)
    assert not (tmp_path / "part" / "results.parquet").exists()
    assert study(*options, tmp_path / "part").exit_code == 0
    for name in ("results.parquet", "accuracy.png"):
        assert (tmp_path / "part" / name).read_bytes() == (
            tmp_path / "whole" / name
        ).read_bytes()
    other = study(neurons, "--lengths", 16, *SMALL, "--out", tmp_path / "part")
    assert "has the results of another study" in str(other.exception)


def test_what_cannot_be_studied_is_one_sentence(neurons, counted, tmp_path):
    out = tmp_path / "out"
    for arguments, message in (
        ((), "a study of a network needs the folder of its training run"),
        ((tmp_path,), f"{tmp_path} holds no run: there is no configuration"),
        (
            (neurons, "--generators", "sobol"),
            f"{neurons} has neurons on integral streams, whose study takes no generators",
        ),
        (
            (counted, "--generators", "dice"),
            "a generator must be one of lfsr, sobol, not 'dice'",
        ),
        (
            (counted, "--multipliers", "conditional", "--ranges", 2),
            "conditional multipliers take range 1, not 2",
        ),
        (
            (counted, "--lengths", "16,48"),
            "length times the square of range must be a power of two, not 48",
        ),
        (
            (neurons, "--widths", "13,5"),
            "streams of 5-bit registers must be between 1 and 31, not 130",
        ),
        ((counted, "--lengths", "16,16"), "lengths of a study must differ, but 16 is twice"),
    ):
        refused = study(*arguments, "--out", out)
        assert str(refused.exception) == message
        assert not out.exists()
    file = tmp_path / "study.toml"
    file.write_text("langths = [4]\n")
    refused = study(neurons, "--study", file, "--out", out)
    assert "has no setting 'langths'; did you mean lengths" in str(refused.exception)
    broken = tmp_path / "run"
    broken.mkdir()
    (broken / "configuration.json").write_text(json.dumps(NEURONS.to_dict()))
    refused = study(broken, "--out", out)
    assert str(refused.exception) == (
        f"{broken} holds no trained network: there is no checkpoint"
    )
    assert np.all([not path.exists() for path in (out, broken / "points")])
