"""``goldstream list`` and ``goldstream show``."""

import functools
import json

import pytest
from typer.testing import CliRunner

from sim.catalog import catalog
from sim.cli import app


@functools.cache
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


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.name)
def test_show_fits_eighty_columns_and_cuts_nothing(entry):
    text = output("show", entry.name)
    assert max(map(len, text.split("\n"))) <= 80
    words = " ".join(text.split())
    for port in entry.default.interface:
        assert f": {port.meaning}" in words
    assert "\x1b" not in text
    assert "…" not in text


def test_show_gives_type_range_default_and_meaning():
    text = " ".join(output("show", "addie").split())
    assert "width = 8 int, required. Number n of fraction bits, 1..32: the" in text
    assert "initial = 0 int, default 0. Value of the counter after reset" in text
    assert 'generator.form = "fibonacci" {"fibonacci", "galois"}, default "fibonacci".' in text
    assert "value output, 9 bits, unsigned, 0..256: the counter's value" in text
    assert "Law Ports: ``stream_in``" in text


def test_show_has_a_path_that_set_takes():
    text = output("show", "addie", "--set", "generator.seed=5")
    assert "\n  generator.seed = 5 " in text


def test_show_gives_ranges():
    text = output("show", "sng")
    assert "code                  input, 9 bits, unsigned, 0..256" in text
    assert "generator0 = 1" in text


def test_show_as_json_is_the_list_s_object():
    (row,) = [r for r in json.loads(output("list", "--json")) if r["name"] == "addie"]
    assert json.loads(output("show", "addie", "--json")) == row
