"""Studies of accuracy tell how far they have come, have rows for all circuits, and resume."""

import csv
import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from sim.cli import app
from sim.commands import study_accuracy
from sim.commands.study_accuracy import read_rates
from sim.commands.study_rates import Search
from sim.commands.study_runs import Study
from sim.commands.training_studies import base_of, settings_of, with_length, with_sobol
from stochastic.training import Configuration, Epoch
from tests.support.small_runs import run_all_here

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_nets.py"
# A network and images that train in a tenth of a second.
OWN = (
    *("--model", f"{EXAMPLE}:Net", "--dataset", f"{EXAMPLE}:Shapes", "--width", 0.125),
    *("--images", 192, "--epochs", 1, "--jobs", 1),
)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr("stochastic.training.run_all", run_all_here)


def run(*words):
    return CliRunner().invoke(app, ["study", *map(str, words)])


def table(path):
    return list(csv.DictReader(path.open()))


def test_the_table_tells_how_far_it_has_come_after_every_run(tmp_path, monkeypatch):
    seen = []

    def look(path, rows, models, margin, title):
        found = [(r["optimizer"], r["cycles_per_step"], r["seeds"]) for r in rows]
        assert [(r["optimizer"], r["seeds"]) for r in table(tmp_path / "summary.csv")] == [
            (optimizer, str(seeds)) for optimizer, _, seeds in found
        ]
        seen.append((title, found))

    monkeypatch.setattr(study_accuracy, "draw_accuracy", look)
    # The lengths end at once, so that the number of runs is known.
    monkeypatch.setattr(study_accuracy, "MARGIN", 100)
    words = ("accuracy", "--out", tmp_path, *OWN)
    shown = run(*words, "--seeds", 2)
    assert shown.exit_code == 0, shown.output
    one = ("float SGD", "", 1)
    assert seen[:4] == [
        ("1 of 4 runs", [one]),
        ("2 of 4 runs", [("float SGD", "", 2)]),
        ("3 of 4 runs", [("float SGD", "", 2), ("circuit", 1, 1)]),
        ("4 of 4 runs", [("float SGD", "", 2), ("circuit", 1, 2)]),
    ]
    assert "4 of 4 runs" in shown.output
    before = (tmp_path / "runs.csv").read_text()
    seen.clear()
    # More optimizers later; what is there is not trained again.
    shown = run(*words, "--seeds", 2, "--optimizer", "hybrid", "--per-lane", "--json")
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.stdout)
    assert [(r["optimizer"], r["seeds"], r["planned_seeds"]) for r in rows] == [
        (name, 2, 2)
        for name in ("float SGD", "circuit", "circuit, generators per lane", "hybrid")
    ]
    # What is there is shown from the start.
    finished = [("float SGD", "", 2), ("circuit", 1, 2)]
    assert seen[:2] == [("4 of 4 runs", finished), ("4 of 8 runs", finished)]
    assert seen[-1][0] == "8 of 8 runs"
    old = set(before.splitlines())
    # Times are taken anew in every run: that they are equal shows that none was made.
    assert old <= set((tmp_path / "runs.csv").read_text().splitlines())


def trained(monkeypatch, accuracy):
    """Let runs have an accuracy that depends on their settings; return the settings by name."""
    seen = {}

    def run_all(folder, trials, *, finished, **_):
        for name, trial in trials.items():
            seen[name] = trial
            finished(name, [Epoch(1, 1, 0.0, 0.0, accuracy(trial), 0.0)])

    monkeypatch.setattr("stochastic.training.run_all", run_all)
    return seen


def test_a_row_for_fixed_point_and_a_picture_with_it(tmp_path, monkeypatch):
    seen = trained(monkeypatch, lambda trial: 0.9 if trial.formats is None else 0.85)
    shown = run(
        *("accuracy", "--out", tmp_path, "--model", "resnet18", "--seeds", 2),
        *("--formats", "16-bit", "--formats", "8-bit", "--json"),
    )
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.stdout)
    assert [(r["optimizer"], r["cycles_per_step"], r["difference"]) for r in rows] == [
        ("float SGD", "", 0), ("circuit", 1, 0),
        ("fixed point, 16-bit", "", -5), ("fixed point, 8-bit", "", -5),
    ]  # fmt: skip
    settings = seen["resnet18-8-bit-seed2"]
    assert (settings.formats, settings.optimizer) == ("8-bit", "fixed-stochastic")
    assert (settings.lr, settings.layerwise, settings.seed) == (0.01, True, 2)
    assert (tmp_path / "accuracy.png").stat().st_size > 1000


def test_lengths_rise_until_one_is_enough(tmp_path, monkeypatch):
    lengths = {None: 0.9, 1: 0.8, 4: 0.896, 16: 0.9}
    trained(monkeypatch, lambda trial: lengths[trial.cycles_per_step])
    monkeypatch.setattr(study_accuracy, "draw_accuracy", lambda *_, **options: None)
    words = ("accuracy", "--out", tmp_path, "--model", "vgg16", "--seeds", 1)
    words += ("--optimizer", "hybrid", "--optimizer", "bfloat16-stochastic")
    rows = json.loads(run(*words, "--json").stdout)
    # 0.4 points below float SGD are within half a point.
    assert [(r["optimizer"], r["cycles_per_step"]) for r in rows] == [
        ("float SGD", ""), ("circuit", 1), ("circuit", 4), ("hybrid", 1), ("hybrid", 4),
        ("bfloat16-stochastic", ""),
    ]  # fmt: skip


def test_sobol_generators_take_smaller_gradients_with_more_cycles(tmp_path, monkeypatch):
    lengths = {None: 0.9, 1: 0.8, 4: 0.88, 16: 0.9}
    seen = trained(monkeypatch, lambda trial: lengths[trial.cycles_per_step])
    monkeypatch.setattr(study_accuracy, "draw_accuracy", lambda *_, **options: None)
    rates = tmp_path / "rates.json"
    rates.write_text('{"vgg16": {"sgd": 0.01, "dsc-momentum": 0.003}}')
    words = ("accuracy", "--out", tmp_path / "out", "--model", "vgg16", "--seeds", 1)
    rows = json.loads(run(*words, "--sobol", "--rates", rates, "--json").stdout)
    assert [
        r["cycles_per_step"] for r in rows if r["optimizer"].endswith("Sobol generators")
    ] == [1, 4, 16]
    found = {
        name: (one.generator, one.sharing, one.scale, one.lr, one.cycles_per_step)
        for name, one in seen.items()
        if "-sobol-" in name
    }
    assert found == {
        f"vgg16-sobol-L{length}-seed1": ("sobol", "per-lane", scale, rate, length)
        for length, scale, rate in (
            (1, "auto", 0.003),
            (4, "auto-2", 0.012),
            (16, "auto-4", 0.048),
        )
    }


def test_large_rates_do_not_grow_beyond_one_half():
    base = base_of("mobilenetv2", "digits", None, 1, None)
    settings = settings_of(base, "dsc-momentum", rates={"dsc-momentum": 0.1})
    found = [with_sobol(settings, length) for length in (1, 4, 64)]
    assert [(one.scale, one.lr) for one in found] == [
        ("auto", 0.1), ("auto-2", 0.4), ("auto-2", 0.4),
    ]  # fmt: skip


def test_an_unknown_optimizer_is_refused_before_any_run(tmp_path):
    for command in ("accuracy", "rates"):
        refused = run(command, "--out", tmp_path / "out", "--optimizer", "adam")
        assert str(refused.exception) == (
            "--optimizer must be one of hybrid, fixed-nearest, fixed-stochastic, "
            "bfloat16-nearest, bfloat16-stochastic, not 'adam'"
        )
        assert not (tmp_path / "out").exists()


def test_rates_are_chosen_on_held_out_images_and_used(tmp_path, monkeypatch):
    def accuracy(trial):
        best = 0.08 if trial.optimizer == "sgd" else 0.003
        return 0.9 - 0.1 * abs(math.log2(trial.lr / best))

    seen = trained(monkeypatch, accuracy)
    monkeypatch.setattr(study_accuracy, "draw_accuracy", lambda *_, **options: None)
    words = ("rates", "--out", tmp_path, "--model", "vgg16", "--formats", "8-bit")
    shown = run(*words, "--validation", 64, "--json")
    assert shown.exit_code == 0, shown.output
    assert {trial.validation for trial in seen.values()} == {64}
    rows = json.loads(shown.stdout)
    # From 0.01 up to 0.08 and one beyond; from 0.006 and from 0.01 down, and one beyond.
    assert {
        optimizer: [(r["lr"], r["chosen"]) for r in rows if r["optimizer"] == optimizer]
        for optimizer in ("sgd", "dsc-momentum", "8-bit")
    } == {
        "sgd": [
            ("0.005", ""), ("0.01", ""), ("0.02", ""), ("0.04", ""), ("0.08", "yes"),
            ("0.16", ""),
        ],
        "dsc-momentum": [
            ("0.0015", ""), ("0.003", "yes"), ("0.006", ""), ("0.012", ""),
        ],
        "8-bit": [
            ("0.00125", ""), ("0.0025", "yes"), ("0.005", ""), ("0.01", ""), ("0.02", ""),
        ],
    }  # fmt: skip
    chosen = read_rates(tmp_path / "rates.json")["vgg16"]
    assert chosen == {"sgd": 0.08, "dsc-momentum": 0.003, "8-bit": 0.0025}
    base = base_of("vgg16", "cifar-10", None, 3, None)
    assert settings_of(base, "sgd", rates=chosen).lr == 0.08
    assert settings_of(base, "fixed-stochastic", "8-bit", chosen).lr == 0.0025
    # The hybrid has the circuit's rate, and formats may have that of the optimizer.
    assert (
        settings_of(base, "fixed-stochastic", "16-bit", {"fixed-stochastic": 0.02}).lr == 0.02
    )
    assert settings_of(base, "hybrid", rates=chosen).lr == 0.003
    run("accuracy", "--out", tmp_path / "more", "--model", "vgg16", "--rates",
        tmp_path / "rates.json", "--seeds", 1)  # fmt: skip
    assert seen["vgg16-sgd-seed1"].lr == 0.08


def test_a_search_ends_where_a_circuit_has_no_larger_rate(tmp_path):
    settings = settings_of(base_of("vgg16", "digits", None, 1, None), "fixed-stochastic")
    # The port carries rates below 1/4.
    search = Search(settings.replace(lr=0.1), "fixed-stochastic")
    study = Study(tmp_path, 1, 1, None, None)
    for octave, accuracy in ((-1, 0.3), (0, 0.4), (1, 0.5)):
        epoch = Epoch(1, 1, 0.0, 0.0, accuracy, 0.0)
        study.epochs[f"{search.name(octave)}-seed1"] = [epoch]
    assert (search.best(study), search.extended(study)) == (1, False)
    search.octaves = [-1, 0]
    assert (search.best(study), search.extended(study), search.octaves[-1]) == (0, True, 1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "parameters must be a JSON object, not '[]'"),
        (
            '{"vgg16": {"sgd": -1}}',
            "{path} must hold positive learning rates by network and optimizer, but vgg16 has "
            "{{'sgd': -1}}",
        ),
        (
            '{"resnet18": {"sgd": 0.1}}',
            "{path} has no learning rates of vgg16, but those of resnet18",
        ),
        ("{}", "{path} has no learning rates of vgg16, but none"),
        (
            '{"vgg16": {"sgd": 0.1, "dcs": 0.1}}',
            "learning rates of vgg16 in {path} must be one of sgd, dsc-momentum, hybrid, "
            "fixed-nearest, fixed-stochastic, bfloat16-nearest, bfloat16-stochastic, 2-bit, "
            "3-bit, 4-bit, 5-bit, 6-bit, 7-bit, 8-bit, 9-bit, 10-bit, 11-bit, 12-bit, 13-bit, "
            "14-bit, 15-bit, 16-bit, not 'dcs'",
        ),
        (
            '{"vgg16": {"sgd": 0.1, "8-bit": 0.1}}',
            "learning rates of vgg16 must have one of dsc-momentum, not only of sgd, 8-bit",
        ),
        ('{"vgg16": {}}', "learning rates of vgg16 must have one of sgd, not only of nothing"),
    ],
)
def test_other_files_than_rates_are_refused(tmp_path, text, sentence):
    path = tmp_path / "rates.json"
    path.write_text(text)
    shown = run("accuracy", "--out", tmp_path / "out", "--model", "vgg16", "--rates", path)
    assert str(shown.exception) == sentence.format(path=path)
    assert not (tmp_path / "out").exists()


def test_formats_without_a_rate_are_refused(tmp_path):
    rates = tmp_path / "rates.json"
    rates.write_text('{"vgg16": {"sgd": 0.1, "dsc-momentum": 0.1, "8-bit": 0.1}}')
    words = ("--model", "vgg16", "--rates", rates, "--formats", "8-bit", "--formats", "16-bit")
    shown = run("accuracy", "--out", tmp_path / "out", *words)
    assert str(shown.exception) == (
        "learning rates of vgg16 must have one of 16-bit or fixed-stochastic, not only of sgd, "
        "dsc-momentum, 8-bit"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["accuracy", "rates"])
def test_networks_with_one_name_of_folders_are_refused(tmp_path, command):
    words = ("--model", "nets/a.py:Net", "--model", "nets-a.py:Net")
    shown = run(command, "--out", tmp_path / "out", *words)
    assert str(shown.exception) == (
        "networks of a study must differ in more than the characters / : and -, unlike "
        "nets/a.py:Net and nets-a.py:Net"
    )
    assert not (tmp_path / "out").exists()


def test_digests_of_the_studies_are_those_of_earlier_versions():
    """Folders of studies that earlier versions began are resumed."""
    base = base_of("vgg16", "fashion-mnist-subset", None, 6, None)
    circuit = with_length(settings_of(base, "dsc-momentum"), 4)
    found = circuit.digest, settings_of(base, "sgd").digest
    earlier = Configuration(
        model="vgg16", width=1 / 8, optimizer="dsc-momentum", lr=0.006, layerwise=True,
        epochs=6, cycles_per_step=4, weight_bits=20, weight_fraction=17,
    )  # fmt: skip
    assert found[0] == earlier.digest
    assert found == ("c202163fcd1e42a5", "5551bf52c07e43d1")
