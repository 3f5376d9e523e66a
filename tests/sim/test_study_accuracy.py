"""Studies of accuracy tell how far they have come, have rows for all circuits, and resume."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from sim.cli import app
from sim.commands import study_accuracy
from sim.commands.study_accuracy import read_rates
from sim.commands.study_rates import Search
from sim.commands.study_runs import Study
from sim.commands.training_studies import base_of, settings_of, with_length
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
    shown = run(*words, "--seeds", 2, "--hybrid", "--per-lane", "--json")
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.stdout)
    assert [(r["optimizer"], r["seeds"], r["planned_seeds"]) for r in rows] == [
        (name, 2, 2)
        for name in ("float SGD", "circuit", "circuit, generators per lane", "hybrid")
    ]
    assert seen[-1][0] == "8 of 8 runs"
    old = set(before.splitlines())
    # Times are taken anew in every run: that they are equal shows that none was made.
    assert old <= set((tmp_path / "runs.csv").read_text().splitlines())


def test_a_row_for_fixed_point_and_a_picture_with_it(tmp_path):
    shown = run(
        *("accuracy", "--out", tmp_path, "--model", "resnet18", "--width", 0.02, "--images"),
        *(64, "--epochs", 1, "--jobs", 1, "--seeds", 1, "--formats", "8-bit", "--json"),
    )
    assert shown.exit_code == 0, shown.output
    last = json.loads(shown.stdout)[-1]
    assert (last["optimizer"], last["cycles_per_step"]) == ("fixed point, 8-bit", "")
    settings = json.loads(
        (tmp_path / "runs" / "resnet18-8-bit-seed1" / "configuration.json").read_text()
    )
    assert (settings["formats"], settings["optimizer"]) == ("8-bit", "fixed-stochastic")
    assert (tmp_path / "accuracy.png").stat().st_size > 1000


def test_rates_are_chosen_on_held_out_images_and_used(tmp_path):
    out = tmp_path / "rates"
    shown = run("rates", "--out", out, *OWN, "--validation", 64, "--json")
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.stdout)
    chosen = json.loads((out / "rates.json").read_text())[f"{EXAMPLE}:Net"]
    assert set(chosen) == {"sgd", "dsc-momentum"}
    for optimizer, rate in chosen.items():
        of_optimizer = [row for row in rows if row["optimizer"] == optimizer]
        best = max(row["accuracy"] for row in of_optimizer)
        places = [i for i, row in enumerate(of_optimizer) if row["chosen"]]
        assert [of_optimizer[i]["accuracy"] for i in places] == [best]
        assert float(of_optimizer[places[0]]["lr"]) == pytest.approx(rate, rel=1e-4)
        # The best rate has neighbours on both sides, unless the search has come to its end.
        assert 0 < places[0] < len(of_optimizer) - 1 or len(of_optimizer) > 6
    path = next((out / "runs").glob("*sgd*/configuration.json"))
    assert json.loads(path.read_text())["validation"] == 64
    base = base_of("vgg16", "cifar-10", None, 3, None)
    rates = {"vgg16": {"sgd": 0.25, "8-bit": 0.125}}
    (tmp_path / "rates.json").write_text(json.dumps(rates))
    known = read_rates(tmp_path / "rates.json")["vgg16"]
    assert settings_of(base, "sgd", rates=known).lr == 0.25
    assert settings_of(base, "fixed-stochastic", "8-bit", known).lr == 0.125
    # What was not chosen stays.
    assert settings_of(base, "fixed-stochastic", "16-bit", known).lr == 0.01
    assert settings_of(base, "hybrid", rates=known).lr == 0.006


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
    ],
)
def test_other_files_than_rates_are_refused(tmp_path, text, sentence):
    path = tmp_path / "rates.json"
    path.write_text(text)
    shown = run("accuracy", "--out", tmp_path / "out", "--rates", path)
    assert str(shown.exception) == sentence.format(path=path)
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
