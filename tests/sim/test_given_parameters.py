"""Parameters from the command line: ``--parameters`` and ``--set`` over an entry's own."""

import json

import pytest
from typer.testing import CliRunner

from fixedpoint import Format, Requantizer
from sim.catalog import catalog, find
from sim.cli import app
from sim.commands.given_parameters import given_parameters
from stochastic import Addie, Lfsr, Rotated, Sobol, Stanh


def given(name, *assignments, text=None):
    return given_parameters(find(name), text, assignments)


def test_nothing_given_is_none():
    assert given("addie") is None


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.name)
def test_an_empty_object_is_the_default_and_a_full_one_is_itself(entry):
    assert given_parameters(entry, "{}", ()) == entry.default
    for parameters in entry.all:
        assert given_parameters(entry, parameters.to_json(), ()) == parameters


@pytest.mark.parametrize(
    ("name", "assignments", "text", "expected"),
    [
        ("addie", ["initial=256"], None, Addie(width=8, generator=Lfsr(width=8), initial=256)),
        # The generator has the width of the circuit in the default, and follows it.
        (
            "addie",
            ["width=6", "generator.type=Sobol"],
            None,
            Addie(width=6, generator=Sobol(width=6)),
        ),
        # The taps and the initial state belong to the default's width and states.
        ("lfsr", ["width=6"], None, Lfsr(width=6)),
        ("stanh", ["states=32"], None, Stanh(states=32)),
        # What is given for the generator is not overridden.
        (
            "addie",
            ["width=6"],
            '{"generator": {"seed": 5}}',
            Addie(width=6, generator=Lfsr(width=6, seed=5)),
        ),
        ("rotated", ["width=6"], None, Rotated(width=6, generator=Lfsr(width=6), by=3)),
        # Values are JSON, else text; Python's words are known too.
        (
            "addie",
            ["full_scale=False"],
            None,
            Addie(width=8, generator=Lfsr(width=8), full_scale=False),
        ),
        (
            "lfsr",
            ["form=galois", "zero_state=true"],
            None,
            Lfsr(width=8, form="galois", zero_state=True),
        ),
        (
            "requantizer",
            ["target.frac_bits=2", "source=sQ2.10"],
            None,
            Requantizer(
                source="sQ2.10", target="sQ4.2", rounding="nearest_even", overflow="saturate"
            ),
        ),
    ],
)
def test_what_is_not_given_is_the_default(name, assignments, text, expected):
    assert given(name, *assignments, text=text) == expected


def test_an_element_of_a_list_has_a_number():
    circuit = given("integral_sng", "stream_generators.1.seed=7")
    seeds = [(g.seed, g.phase) for g in circuit.stream_generators]
    assert seeds == [(1, 0), (7, 63), (1, 126), (1, 189)]


def test_an_object_where_the_default_has_none():
    circuit = given("cordiv", "generator.type=Lfsr", "generator.width=5")
    assert circuit.generator == Lfsr(width=5)


def test_a_file_may_be_an_emitted_description(tmp_path):
    path = tmp_path / "requantizer.json"
    wanted = find("requantizer").default.replace(target=Format.parse("sQ4.3"))
    path.write_text(json.dumps({"name": "requantizer", "parameters": wanted.to_dict()}))
    assert given("requantizer", text=str(path)) == wanted


@pytest.mark.parametrize(
    ("name", "assignments", "text", "sentence"),
    [
        ("addie", ["widht=6"], None, "Addie has no parameter 'widht'; did you mean width"),
        (
            "addie",
            ["generator.widht=6"],
            None,
            "generator.widht: Lfsr has no parameter 'widht'; did you mean width",
        ),
        (
            "integral_sng",
            ["stream_generators.2.sed=6"],
            None,
            "stream_generators.2.sed: Lfsr has no parameter 'sed'; did you mean seed",
        ),
        (
            "addie",
            ["generator.bits=6"],
            None,
            "generator.bits: Lfsr has no parameter 'bits'; "
            "it has width, phase, seed, form, zero_state, taps",
        ),
        (
            "addie",
            ["generator.type=Lfrs"],
            None,
            "generator: parameters must name a known type, not 'Lfrs'; did you mean Lfsr",
        ),
        (
            "cordiv",
            ["generator.width=5"],
            None,
            "generator: parameters must name a known type, not None",
        ),
        (
            "addie",
            ["generator.type=Rotated"],
            None,
            "generator: Rotated needs the parameter 'generator'",
        ),
        (
            "addie",
            [],
            '{"width": 6, "width": 5}',
            "parameters have the key 'width' twice in one object",
        ),
        (
            "addie",
            [],
            '{"generator": {"seed": 6, "width": 8, "seed": 5}}',
            "parameters have the key 'seed' twice in one object",
        ),
        (
            "integral_sng",
            ["stream_generators.4.seed=6"],
            None,
            "an element of a list of 4 has a number from 0 on, not '4'",
        ),
        ("addie", ["width"], None, "--set takes KEY=VALUE such as width=6, not 'width'"),
        ("addie", ["=6"], None, "--set takes KEY=VALUE such as width=6, not '=6'"),
        ("addie", ["a..b=6"], None, "--set takes KEY=VALUE such as width=6, not 'a..b=6'"),
        (
            "addie",
            ["width=6", "width.x=6"],
            None,
            "--set width.x names a part of width, which is 6",
        ),
        (
            "counter",
            ["type=Lfsr", "width=5"],
            None,
            "counter takes parameters of Counter, not of Lfsr",
        ),
    ],
)
def test_bad_parameters_are_one_sentence(name, assignments, text, sentence):
    with pytest.raises(ValueError) as refused:
        given(name, *assignments, text=text)
    assert str(refused.value) == sentence


@pytest.mark.simulator
def test_emit_and_show_take_assignments(tmp_path):
    options = ("--set", "width=6", "--set", "generator.type=Sobol")
    done = CliRunner().invoke(app, ["emit", "addie", "--out", str(tmp_path), *options])
    assert done.exit_code == 0, done.output
    emitted = json.loads((tmp_path / "addie.json").read_text())
    assert emitted["parameters"] == Addie(width=6, generator=Sobol(width=6)).to_dict()
    done = CliRunner().invoke(app, ["show", "addie", "--json", *options])
    assert json.loads(done.output)["parameters"] == emitted["parameters"]


@pytest.mark.simulator
def test_verify_takes_assignments():
    arguments = ["verify", "isolator", "--set", "cycles=3", "--cycles", "512", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.output)
    assert result["parameters"] == {"type": "Isolator", "cycles": 3}
