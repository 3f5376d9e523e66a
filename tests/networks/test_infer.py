"""Inference in a folder, and the command."""

import csv
import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from sim.cli import app
from stochastic.networks import (
    Inference,
    StreamConvolution,
    StreamLinear,
    StreamRun,
    convert,
    load_trained,
)
from stochastic.training import load
from tests.support.digits_neurons import NEURONS, trained

pytestmark = pytest.mark.slow

SETTINGS = NEURONS.replace(epochs=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return trained(tmp_path_factory, SETTINGS)


def invoke(*arguments):
    return CliRunner().invoke(app, ["infer", *map(str, arguments)])


def network_of(folder, **options):
    _, model = load_trained(folder)
    return convert(model, **{"length": 32, "range": 2, **options})


def test_command_counts_the_errors_of_the_network(folder, tmp_path):
    done = invoke(folder, "--out", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    data = load("digits")
    labels = network_of(folder).classify(data.test_images)
    wrong = int((labels != data.test_labels).sum())
    assert list(result) == ["images", "errors", "length", "range", "seconds"]
    assert (result["images"], result["errors"]) == (len(labels), wrong)
    assert (result["length"], result["range"]) == (32, 2)
    rows = list(csv.DictReader((tmp_path / "predictions.csv").open()))
    assert [int(row["predicted"]) for row in rows] == labels.tolist()
    assert (tmp_path / "error.png").read_bytes()[:4] == b"\x89PNG"
    text = invoke(folder, "--out", tmp_path)
    assert f"{wrong} of {len(labels)} images wrong" in text.stdout


def test_convolutions_run_and_have_no_verilog(tmp_path):
    parts = (StreamConvolution(channels=2, kernel=5), StreamConvolution(channels=3, kernel=4))
    folder = tmp_path / "run"
    StreamRun(folder, SETTINGS.replace(convolutions=parts, epochs=1)).train()
    done = invoke(folder, "--out", tmp_path / "out", "--count", 45, "--json")
    assert done.exit_code == 0, done.output
    images, labels = (a[:45] for a in (load("digits").test_images, load("digits").test_labels))
    found = network_of(folder, images=images).classify(images)
    assert json.loads(done.stdout)["errors"] == (found != labels).sum()
    refused = invoke(folder, "--verify")
    sentence = (
        "--verify is for networks without convolutions: there is no hardware of the whole"
    )
    assert str(refused.exception) == f"{sentence} network in {folder}"


@pytest.mark.simulator
def test_verify_simulates_the_verilog(folder, tmp_path):
    options = ("--out", tmp_path, "--count", 6, "--verify", "--verify-images", 3)
    done = invoke(folder, *options, "--json")
    assert done.exit_code == 0, done.output
    verified = json.loads(done.stdout)["verified"]
    assert (verified["images"], verified["mismatches"]) == (3, 0)
    # One layer of 64 groups of 1 to 16 pixels and passes of 32 cycles at least.
    assert verified["cycles"] > 3 * 32 * 16
    assert verified["bits_compared"] > verified["cycles"]
    text = invoke(folder, *options)
    assert f"{verified['bits_compared']:,} bits compared, 0 mismatches" in text.stdout


def test_errors_after_fewer_cycles_are_those_of_shorter_streams(folder, tmp_path):
    data = load("digits")
    inference = Inference(tmp_path, network_of(folder), data.test_images, data.test_labels)
    inference.run()
    for number in (0, 5, len(inference.points) - 1):
        shorter = network_of(folder, length=int(inference.points[number]))
        wrong = (shorter.classify(data.test_images) != data.test_labels).sum()
        assert inference.errors_after()[number] == wrong


def test_an_interrupted_inference_continues(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("stochastic.networks.inference.INTERVAL", 0)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (1100, 8, 8), dtype=np.uint8)
    labels = rng.integers(0, 10, 1100)

    def interrupt(done, wrong):
        raise KeyboardInterrupt

    first = Inference(tmp_path, network_of(folder), images, labels)
    with pytest.raises(KeyboardInterrupt):
        first.run(interrupt)
    second = Inference(tmp_path, network_of(folder), images, labels)
    assert second.done == 500
    seen = []
    errors = second.run(lambda done, wrong: seen.append(done))
    assert seen == [1000, 1100]
    assert errors == (network_of(folder).classify(images) != labels).sum()
    message = "holds an inference of another network or of other images: give another folder$"
    with pytest.raises(ValueError, match=message):
        Inference(tmp_path, network_of(folder, seed=2), images, labels)
    (tmp_path / "progress.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"progress.npz is no progress of an inference: "):
        Inference(tmp_path, network_of(folder), images, labels)


def refusal(*arguments):
    """Return the sentence with which the command refuses."""
    done = invoke(*arguments)
    assert done.exit_code == 1
    assert isinstance(done.exception, ValueError | FileNotFoundError | TypeError)
    return str(done.exception)


def test_refused_arguments(folder, tmp_path):
    assert refusal(tmp_path) == f"{tmp_path} holds no run: there is no configuration"
    assert refusal(folder, "--length", 0) == (
        "convert length must be between 1 and 65536, not 0"
    )
    assert refusal(folder, "--seed", 0) == "--seed must be between 1 and 2147483648, not 0"
    nowhere = tmp_path / "x"
    assert refusal(folder, "--images", nowhere) == f"there is no file or directory {nowhere}"
    large = tmp_path / "large.npz"
    np.savez(large, images=np.zeros((2, 9, 9), np.uint8), labels=np.zeros(2, int))
    assert refusal(folder, "--images", large) == "images must have 64 pixels, not 81"
    np.savez(large, images=np.zeros((2, 8, 8), np.uint8), labels=np.zeros(3, int))
    assert refusal(folder, "--images", large) == "there are 2 images and 3 labels"
    for images, labels, message in (
        (
            np.zeros((2, 8, 8), np.uint8),
            np.zeros((2, 1), int),
            "of shapes (2, 8, 8) and (2, 1)",
        ),
        (np.uint8(3), np.zeros(2, int), "of shapes () and (2,)"),
    ):
        np.savez(large, images=images, labels=labels)
        expected = f"images must be [n, ...] and labels [n], not {message}"
        assert refusal(folder, "--images", large) == expected
    eight = np.zeros((2, 8, 8), np.uint8)
    np.savez(large, images=eight, labels=np.zeros(2))
    assert refusal(folder, "--images", large) == "labels must be integers, not float64"
    np.savez(large, images=eight, labels=np.array([3, 10]))
    assert refusal(folder, "--images", large) == "labels must be between 0 and 9, not 10"


def test_refused_checkpoints(folder, tmp_path):
    configuration = (folder / "configuration.json").read_text()
    (tmp_path / "configuration.json").write_text(configuration)
    path = tmp_path / "checkpoint.pt"
    assert refusal(tmp_path) == f"there is no checkpoint {path}"
    model = SETTINGS.replace(hidden=(17,)).model(1, 64, 10)
    torch.save({"model": model.state_dict()}, path)
    assert refusal(tmp_path).startswith(f"{path} is no checkpoint of this network: ")
    model = SETTINGS.model(1, 64, 10)
    assert isinstance(model[1], StreamLinear)
    with torch.no_grad():
        model[1].weight[0, 0] = float("nan")
    torch.save({"model": model.state_dict()}, path)
    assert refusal(tmp_path) == "weights of layer 1 must be numbers, not NaN"
    with torch.no_grad():
        model[1].weight[0, 0] = 3
    torch.save({"model": model.state_dict()}, path)
    assert refusal(tmp_path) == "weights of layer 1 must be between -2 and 2, not 3"
