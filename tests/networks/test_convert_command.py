"""``goldstream convert``: parameters of circuits from the folder of a trained network."""

import json

import pytest
from typer.testing import CliRunner

from sim.cli import app
from stochastic import IntegralLayer, IntegralNetwork, IntegralNeuron
from stochastic.networks import (
    StreamConvolution,
    StreamRun,
    circuit_of,
    convert,
    load_trained,
)
from tests.support.digits_neurons import NEURONS, trained

pytestmark = pytest.mark.slow

SETTINGS = NEURONS.replace(hidden=(12,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return trained(tmp_path_factory, SETTINGS)


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_files_are_the_circuits_of_the_trained_network(folder, tmp_path):
    options = ("--parallel", "4,2", "--group", 8, "--length", 16, "--seed", 3)
    done = invoke("convert", folder, "--out", tmp_path, *options, "--json")
    assert done.exit_code == 0, done.exception
    _, model = load_trained(folder)
    network = convert(model, length=16, range=2, seed=3)
    expected = circuit_of(network, parallel=(4, 2), group=8)

    def read(kind, name):
        return kind.from_json((tmp_path / f"{name}.json").read_text())

    assert read(IntegralNetwork, "network") == expected
    assert [read(IntegralLayer, f"layer{k}") for k in (0, 1)] == list(expected.layers)
    assert read(IntegralNeuron, "neuron0") == IntegralNeuron(fan_in=64, range=2, states=16)
    rows = json.loads(done.stdout)
    # 8 groups of 8 pixels and 3 passes; 3 groups of 4 neurons and 5 passes.
    assert [row.get("cycles") for row in rows] == [183, 176, 128, None]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        row["file"].rsplit("/", 1)[1] for row in rows
    )
    text = invoke("convert", folder, "--out", tmp_path / "small")
    assert "Next: goldstream emit integral_network --parameters" in text.stdout
    assert read(IntegralNetwork, "small/network").layers[0].parallel == 1


def test_a_layer_with_trained_weights_is_emitted(folder, tmp_path):
    assert invoke("convert", folder, "--out", tmp_path).exit_code == 0
    parameters = tmp_path / "layer1.json"
    options = ("--parameters", parameters, "--no-count-faults", "--out", tmp_path / "rtl")
    done = invoke("emit", "integral_layer", *options)
    assert done.exit_code == 0, done.exception
    emitted = json.loads((tmp_path / "rtl" / "integral_layer.json").read_text())
    assert emitted["parameters"]["weights"] == json.loads(parameters.read_text())["weights"]


def test_what_is_no_circuit_is_one_sentence(folder, tmp_path):
    out = tmp_path / "out"
    window = StreamConvolution(channels=2, kernel=5)
    windows = tmp_path / "windows"
    StreamRun(windows, SETTINGS.replace(convolutions=(window,))).train()
    for arguments, message in (
        ((tmp_path,), f"{tmp_path} holds no run: there is no configuration"),
        ((folder, "--parallel", "4"), r"parallel must have 2 numbers, not \[4\]"),
        ((folder, "--parallel", "a"), "--parallel takes numbers with commas between, not 'a'"),
        ((folder, "--parallel", "5,2"), "must divide 12"),
        ((folder, "--group", 0), "group must be between 1 and 64, not 0"),
        ((windows,), f"{windows} has convolutions, and there is no hardware"),
    ):
        refused = invoke("convert", *arguments, "--out", out)
        with pytest.raises((ValueError, FileNotFoundError), match=message):
            raise refused.exception
        assert not out.exists()
