"""``goldstream list`` and ``goldstream show``."""

import json

import pytest
from typer.testing import CliRunner

from sim.catalog import catalog
from sim.cli import app


def output(*arguments):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_list_fits_eighty_columns_and_cuts_nothing():
    text = output("list")
    assert max(map(len, text.split("\n"))) <= 80
    words = " ".join(text.split())
    for entry in catalog():
        assert f"{entry.name} " in words
        assert " ".join(entry.default.summary.split()) in words


def test_list_has_every_family_once():
    lines = output("list").split("\n")
    families = [line for line in lines if line and line[0] != " " and " " not in line]
    assert families == sorted({entry.family for entry in catalog()})


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.name)
def test_show_tells_ports_parameters_and_law(entry):
    text = output("show", entry.name)
    for port in entry.default.interface:
        assert f"\n  {port.name} " in text
    for name in entry.default.to_dict():
        assert name == "type" or f"\n  {name}" in text
    assert f"Latency: {entry.default.latency} " in text


def test_show_gives_ranges():
    text = output("show", "sng")
    assert "code                  input, 9 bits, unsigned, 0..256" in text
    assert "generator0 = 1" in text


def test_show_as_json_is_the_list_s_object():
    (row,) = [r for r in json.loads(output("list", "--json")) if r["name"] == "addie"]
    assert json.loads(output("show", "addie", "--json")) == row
