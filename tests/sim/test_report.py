"""``goldstream report``: what it gathers, and the page that it writes."""

import json
import re
import shlex
from html.parser import HTMLParser

import pytest
import typer.main
from typer.testing import CliRunner

import sim
from sim.catalog import catalog, find, register, unregister
from sim.cli import app
from sim.report.data_table import data_table
from sim.report.evidence import Evidence, gather
from sim.report.page import report_page, write_report
from sim.report.study_figure import figure_columns
from sim.studies.network_study import NetworkStudy
from sim.studies.study import Study
from stochastic import Multiplier
from tests.support.result_folder import CHECKS, STUDY, SYNTHESIS, write_csv, write_results

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

ENTRIES = [find(name) for name in ("multiplier", "addie", "lfsr")]
VOID = {"meta", "link", "br", "wbr", "img", "input", "hr"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "results"
    write_results(path)
    return path


@pytest.fixture(scope="module")
def page(folder):
    return report_page(ENTRIES, gather(folder), "results")


class Reader(HTMLParser):
    """Elements of a page: each opened one is closed, and identifiers are unique."""

    def __init__(self, text):
        super().__init__()
        self.open, self.identifiers, self.links, self.rows = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.identifiers += [values["id"]] if "id" in values else []
        self.links += [values[k] for k in ("src", "href", "xlink:href") if k in values]
        if tag == "tr":
            self.rows.append([])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


def test_what_a_folder_holds(folder):
    found = gather(folder)
    assert (found.checks, found.synthesis) == (CHECKS, SYNTHESIS)
    (study,) = found.studies
    assert study.name == "multiply"
    assert [tuple(row.values()) for row in study.rows] == STUDY
    assert [run.name for run in found.runs] == ["runs/vgg16-1", "runs/vgg16-2"]
    assert found.runs[0].command == (
        "goldstream train --model vgg16 --optimizer dsc-momentum --dataset digits --lr 0.01 "
        "--layerwise --seed 1 --out runs/vgg16-1"
    )
    assert found.checks_by_name()["addie"]["bits_compared"] == 20000
    assert gather(None).empty


def test_the_figure_of_a_study_follows_from_its_columns(folder):
    (study,) = gather(folder).studies
    shown = figure_columns(study)
    assert (shown.setting, shown.measure) == ("length", "rmse")
    assert (shown.error, shown.theories) == ("rmse_error", ("rmse_theory",))
    assert shown.labels == ("generators",)


@pytest.mark.slow
def test_the_page_holds_every_value(page):
    cells = {text for row in Reader(page).rows for text in row}
    assert {"20,000", "900.5", "210.2", "0.04658", "71.25"} <= cells
    assert "21,009" in page  # Bits compared of all circuits.
    assert "goldstream synth multiplier addie --target ecp5 --json" in page
    assert '<div class="bad"><dt>mismatches</dt><dd>1</dd>' in page
    assert "14 / 15" in page


@pytest.mark.slow
def test_the_page_is_whole_and_needs_nothing_else(page):
    reader = Reader(page)
    assert reader.open == []
    assert len(reader.identifiers) == len(set(reader.identifiers))
    inside = [link for link in reader.links if link.startswith("#")]
    assert {link[1:] for link in inside} <= set(reader.identifiers)
    assert set(reader.links) - set(inside) == {"data:,"}
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


@pytest.mark.slow
def test_figures_have_text_and_the_colours_of_the_page(page):
    figures = re.findall(r"<svg role.*?</svg>", page, re.DOTALL)
    assert len(figures) == 4
    for figure in figures:
        assert "<text" in figure
        assert set(re.findall(r"(?:fill|stroke): (#\w+)", figure)) <= {"#000000"}
        assert "var(--series0)" in figure
    assert "<title>addie: 30 LUTs, 210 MHz</title>" in figures[2]


@pytest.mark.slow
def test_every_figure_has_its_command(page):
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 4
    assert all(re.search(r"<pre><code>[^<]{5,}</code>", figure) for figure in figures)


def test_what_is_not_there_is_left_out():
    page = report_page(ENTRIES, Evidence())
    assert page.count("this section is left out") == 4
    assert "goldstream verify --json" in page
    assert "<svg" not in page


@pytest.mark.slow
def test_text_is_escaped(tmp_path):
    rows = [("generators", "length", "rmse")]
    rows += [("<b>&'\"", n, 1 / n) for n in (1, 2)] + [("b", n, 1 / n) for n in (1, 2)]
    write_csv(tmp_path / "a.csv", rows)
    page = report_page(ENTRIES, gather(tmp_path), "<i>")
    assert Reader(page).open == []
    assert "<b>&" not in page
    assert "<i>" not in page


def test_columns_without_values_are_left_out():
    table = data_table("A", ("a", "b", "c"), [[1, None, "x"], [2.5, None, None]])
    assert table.headings == ("a", "c")
    assert table.numeric == (True, False)
    assert [[cell.text for cell in row] for row in table.rows] == [["1", "x"], ["2.5", ""]]


def parsed(command):
    """Return the words behind a command; an option that it does not have is an error."""
    words = shlex.split(command)
    assert words[0] == "goldstream"
    found, words = typer.main.get_command(app), words[1:]
    while hasattr(found, "commands"):
        found, words = found.commands[words[0]], words[1:]
    return found.make_context(found.name, words).params


def write_study(folder, study, rows):
    folder.mkdir()
    (folder / "study.json").write_text(study.to_json())
    write_csv(folder / "results.csv", rows)


def test_results_of_networks_are_gathered_and_other_tables_are_not(tmp_path):
    rows = [("length", "accuracy"), (16, 50.0), (64, 60.0)]
    write_study(tmp_path / "net", NetworkStudy(kind="neurons", digest="ab"), rows)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "configuration.json").write_text('{"type": "StreamTraining"}')
    write_csv(tmp_path / "mnist" / "epochs.csv", [("number", "loss"), (1, 0.5), (2, 0.4)])
    write_csv(tmp_path / "mnist" / "predictions.csv", [("label", "sum_0"), (1, 5), (0, 3)])
    write_csv(tmp_path / "notes.csv", [("a", "b"), (1, 2), (3, 4)])
    found = gather(tmp_path)
    (study,) = found.studies
    # The folder of the network is not in the settings.
    assert (study.name, study.command) == ("net/results", "")
    assert (figure_columns(study).setting, figure_columns(study).measure) == (
        *("length", "accuracy"),
    )
    assert found.runs == []


def test_a_study_of_a_circuit_of_one_s_own_has_its_file(tmp_path):
    rows = [("length", "rmse"), (16, 0.2), (64, 0.1)]
    own = sim.Entry(name="my_and", default=Multiplier())
    study = Study(
        circuit="my_and", parameters=own.default.to_json(), inputs="values.csv", digest="ab"
    )
    write_study(tmp_path / "own", study, rows)
    assert [study.command for study in gather(tmp_path).studies] == [""]
    register(own, file=tmp_path / "my circuits.py")
    try:
        (found,) = gather(tmp_path).studies
    finally:
        unregister(["my_and"])
    options = parsed(found.command)
    assert options["name"] == "my_and"
    assert options["inputs"] == "values.csv"
    assert list(map(str, options["sources"])) == [str(tmp_path / "my circuits.py")]


def test_a_run_of_one_s_own_network_is_repeated_without_digests(tmp_path):
    settings = {"type": "Configuration", "model": "nets.py:Net", "dataset": "nets.py:Shapes"}
    settings |= {"optimizer": "sgd", "device": "cpu", "threads": 2, "augment": False}
    settings |= {"model_digest": "ab", "dataset_digest": "cd"}
    (tmp_path / "configuration.json").write_text(json.dumps(settings))
    write_csv(tmp_path / "epochs.csv", [("number", "test_accuracy", "seconds"), (1, 0.5, 1)])
    (run,) = gather(tmp_path).runs
    options = parsed(run.command)
    assert (options["model"], options["threads"], options["device"]) == (
        "nets.py:Net",
        2,
        "cpu",
    )
    assert options["data"] is None


def test_the_command_of_a_run_has_its_numbers_whole_and_names_its_directory(tmp_path):
    settings = {"type": "Configuration", "model": "vgg16", "optimizer": "sgd", "lr": 0.1 / 3}
    settings |= {"momentum": 1 - 2**-11, "dataset": "digits"}
    rows = [("number", "test_accuracy", "seconds"), (1, 0.5, 1)]
    for name, more in (("digits", {}), ("given", {}), ("cifar", {"dataset": "cifar-10"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "configuration.json").write_text(json.dumps(settings | more))
        write_csv(tmp_path / name / "epochs.csv", rows)
    (tmp_path / "given" / "resume.json").write_text('{"data": "/somewhere"}')
    runs = {run.name: parsed(run.command) for run in gather(tmp_path).runs}
    assert runs["cifar"]["lr"] == 0.1 / 3
    assert runs["cifar"]["momentum"] == 1 - 2**-11
    directories = {
        name: options["data"] and str(options["data"]) for name, options in runs.items()
    }
    assert directories == {"digits": None, "given": "DIRECTORY", "cifar": "DIRECTORY"}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.json", "{", "file {}/a.json cannot be read: it is no JSON"),
        ("a.csv", b"\xff", "file {}/a.csv cannot be read: it is no text in utf-8"),
        ("configuration.json", "{", "file {}/configuration.json cannot be read: it is no JSON"),
        (
            "configuration.json",
            '{"type": "Configuration", "model": "a"}',
            "file {}/configuration.json is no configuration of a run",
        ),
        ("replay.json", "3", "file {}/replay.json is no replay of a run"),
        ("epochs.csv", "number\nx\n", "file {}/epochs.csv is no table of epochs"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, text, sentence):
    settings = {"type": "Configuration", "model": "a", "optimizer": "b"}
    (tmp_path / "configuration.json").write_text(json.dumps(settings))
    write_csv(tmp_path / "epochs.csv", [("number", "test_accuracy", "seconds"), (1, 0.5, 1)])
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"^{re.escape(sentence.format(tmp_path))}$"):
        gather(tmp_path)


@pytest.mark.slow
def test_the_command(folder, tmp_path):
    out = tmp_path / "report.html"
    done = CliRunner().invoke(app, ["report", str(folder), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    counts = {"checks": 3, "studies": 1, "syntheses": 2, "runs": 2}
    printed = json.loads(done.output)
    assert printed == {"report": str(out), "circuits": len(catalog()), **counts}
    assert out.read_text().endswith("</html>")


def test_nothing_is_written_for_bad_input(tmp_path):
    for arguments, sentence in (
        ([str(tmp_path / "no"), "--out", str(tmp_path / "r")], f"no folder {tmp_path / 'no'}"),
        (["--out", str(tmp_path / "no" / "r")], "no/r cannot be written: No such file"),
    ):
        done = CliRunner().invoke(app, ["report", *arguments])
        assert sentence in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_same_results_give_the_same_page(folder, tmp_path, page):
    write_report(tmp_path / "a.html", ENTRIES, gather(folder), "results")
    assert (tmp_path / "a.html").read_text() == page


@pytest.mark.slow
def test_a_study_of_the_command_line(tmp_path):
    """Seeds are one curve; the command follows from the settings beside the table."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    rows = [
        {
            "circuit": "multiplier",
            "generators": kind,
            "length": n,
            "seed": seed,
            "rmse": 1 / n,
            "rmse_error": 0.1,
            "binomial_rmse": 0.2,
            "source": "x" * 80,
        }
        for kind in ("lfsr", "sobol")
        for n in (16, 64)
        for seed in (1, 2)
    ]
    folder = tmp_path / "study"
    folder.mkdir()
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "results.parquet")
    settings = {"circuit": "multiplier", "parameters": {"type": "A"}, "lengths": [16, 64]}
    (folder / "study.json").write_text(json.dumps(settings | {"encodings": [], "seeds": 2}))
    (study,) = gather(tmp_path).studies
    assert study.command == (
        'goldstream study circuit multiplier --parameters \'{"type": "A"}\' '
        "--lengths 16,64 --seeds 2 --out study"
    )
    assert figure_columns(study).labels == ("generators",)
    page = report_page(ENTRIES, gather(tmp_path))
    assert page.count("<svg role") == 1
    assert "study/results: circuit multiplier" in page
    (folder / "results.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"results.parquet cannot be read: "):
        gather(tmp_path)
