"""A netlist in a user's file through the commands: list, show, emit, verify."""

import json

import pytest
from typer.testing import CliRunner

from sim.catalog import catalog, unregister
from sim.cli import app

BUILT_IN = [entry.name for entry in catalog()]

SOURCE = '''
"""Circuits of a user."""

import sim
from stochastic.expressions import number, tanh

a, w, b = number("a"), number("w"), number("b")
NEURON = sim.Entry(name="small_neuron", default=tanh(a * w + b).compose(width=4).netlist)
'''


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return a user's file; its circuits leave the catalogue with it."""
    path = tmp_path_factory.mktemp("user") / "circuits_of_a_user.py"
    path.write_text(SOURCE)
    yield path
    unregister({entry.name for entry in catalog()} - set(BUILT_IN))


def printed(*arguments):
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.simulator
def test_list_show_and_emit(file, tmp_path):
    rows = json.loads(printed("list", "--from", file, "--json"))
    assert rows[-1]["name"] == "small_neuron"
    names = [port["name"] for port in rows[-1]["ports"]]
    assert names == ["clk", "rst", "enable", "a", "w", "b", "y"]
    assert "small_neuron" in printed("show", "small_neuron", "--from", file)
    printed("emit", "small_neuron", "--from", file, "--out", tmp_path / "out")
    assert "module small_neuron(" in (tmp_path / "out" / "small_neuron.v").read_text()


@pytest.mark.simulator
def test_verify_with_planted_faults(file):
    (row,) = json.loads(
        printed("verify", "small_neuron", "--from", file, "--cycles", "4096", "--json")
    )
    assert row["mismatches"] == 0
    assert row["faults_caught"] == row["faults_planted"] > 3
