"""``goldstream study circuit``: settings, files, resumption and refusals."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from fixedpoint.circuit.folder_lock import sole_writer
from sim.cli import app
from sim.studies import folder as study_folder
from sim.studies.study import COLUMNS
from stochastic import Integrator, Lfsr, Netlist

PNG = b"\x89PNG\r\n\x1a\n"
# A loop, which none of the entry's own netlists is.
LOOP = Netlist(
    parts={"counter": Integrator(width=5, generator=Lfsr(width=5))},
    wires={
        "counter.increment": "x",
        "counter.decrement": "counter.stream",
        "y": "counter.stream",
    },
).to_json()
SMALL = ("--lengths", "16,64", "--samples", "20", "--jobs", "1")
GRID = ("--generators", "lfsr,sobol,lfsr+sobol", "--fault-rates", "0,0.1", "--seeds", "2")


def study(*arguments, out):
    return CliRunner().invoke(app, ["study", "circuit", *arguments, "--out", str(out)])


def contents(folder):
    """Return what a study's results are, byte by byte."""
    return {name: (folder / name).read_bytes() for name in ("results.parquet", "rmse.png")}


@pytest.mark.slow
def test_results_table_and_picture(tmp_path):
    result = study("multiplier", *SMALL, *GRID, "--json", out=tmp_path)
    assert result.exit_code == 0, result.exception
    rows = json.loads(result.stdout)
    assert len(rows) == 3 * 2 * 2 * 2
    assert parquet.read_table(tmp_path / "results.parquet").to_pylist() == rows
    assert list(rows[0]) == list(COLUMNS)
    assert {(row["generators"], row["fault_rate"], row["seed"]) for row in rows} >= {
        ("lfsr", 0.0, 1),
        ("lfsr+sobol", 0.1, 2),
    }
    generators = json.loads(rows[-1]["generator_parameters"])
    assert [g["type"] for g in generators] == ["Lfsr", "Sobol"]
    assert contents(tmp_path)["rmse.png"].startswith(PNG)
    shown = study("multiplier", *SMALL, *GRID, out=tmp_path)
    assert "lfsr+sobol, faults 0.1" in shown.stdout
    assert f"{rows[0]['rmse']:.4f} ± {rows[0]['rmse_error']:.4f}" in shown.stdout


@pytest.mark.slow
def test_all_rows_of_a_file_of_inputs(tmp_path):
    file = tmp_path / "values.csv"
    file.write_text("a,b\n" + "0.5,0.25\n" * 1500)
    options = ("multiplier", "--inputs", str(file), "--lengths", "16", "--jobs", "1", "--json")
    for given, count in (((), 1500), (("--samples", "30"), 30)):
        result = study(*options, *given, out=tmp_path / str(count))
        assert [row["samples"] for row in json.loads(result.stdout)] == [count]


@pytest.mark.slow
def test_settings_from_a_file(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        'circuit = "mux_adder"\nlengths = [16, 64]\nsamples = 20\nencodings = ["bipolar"]\n'
        '[parameters]\nfan_in = 2\n[parameters.generator]\ntype = "Sobol"\n'
    )
    result = study("--study", str(file), "--jobs", "1", "--json", out=tmp_path / "one")
    assert result.exit_code == 0, result.exception
    rows = json.loads(result.stdout)
    parameters = json.loads(rows[0]["parameters"])
    assert (parameters["fan_in"], parameters["generator"]["type"]) == (2, "Sobol")
    assert {row["encoding"] for row in rows} == {"bipolar"}
    fewer = ("--study", str(file), "--lengths", "16", "--json")
    assert len(json.loads(study(*fewer, out=tmp_path / "two").stdout)) == 1


@pytest.mark.slow
def test_a_circuit_of_ones_own(tmp_path):
    file = tmp_path / "squares.py"
    file.write_text(
        "import sim\n"
        "from stochastic import Isolator, Multiplier, Netlist\n"
        "SQUARE = sim.Entry(name='own_square', default=Netlist(\n"
        "    parts={'late': Isolator(), 'gate': Multiplier()},\n"
        "    wires={'late.x': 'x', 'gate.a': 'x', 'gate.b': 'late.y', 'y': 'gate.product'}))\n"
        "PLAIN = sim.Entry(name='own_plain', default=Isolator(cycles=3))\n"
    )
    options = ("--from", str(file), "--lengths", "4096", "--generators", "random")
    result = study("own_square", *options, "--json", "--jobs", "1", out=tmp_path / "one")
    assert result.exit_code == 0, result.exception
    (row,) = json.loads(result.stdout)
    assert row["output"] == "y"
    assert row["rmse"] < 0.02
    refused = study("own_plain", *options[:4], out=tmp_path / "two")
    assert str(refused.exception) == (
        "own_plain has neither a law nor an oracle to compare it with: give its sim.Entry one"
    )
    assert not (tmp_path / "two").exists()
    # Another law under the same name is another study.
    file.write_text(file.read_text() + "# changed\n")
    changed = study("own_square", *options, out=tmp_path / "one")
    assert "has the results of another study" in str(changed.exception)


class StoppedError(Exception):
    pass


@pytest.mark.slow
def test_an_interrupted_study_continues_to_equal_bytes(tmp_path, monkeypatch):
    assert study("multiplier", *SMALL, *GRID, out=tmp_path / "whole").exit_code == 0
    put, done = study_folder.StudyFolder.put, []

    def stop_after_five(self, task, rows):
        if len(done) == 5:
            raise StoppedError
        done.append(task.number)
        put(self, task, rows)

    with monkeypatch.context() as patched:
        patched.setattr(study_folder.StudyFolder, "put", stop_after_five)
        stopped = study("multiplier", *SMALL, *GRID, out=tmp_path / "part")
    assert isinstance(stopped.exception, StoppedError)
    assert not (tmp_path / "part" / "results.parquet").exists()
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "part" / "points").iterdir()}
    assert len(before) == 5
    assert study("multiplier", *SMALL, *GRID, out=tmp_path / "part").exit_code == 0
    assert contents(tmp_path / "part") == contents(tmp_path / "whole")
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "part" / "points").iterdir()}
    assert before.items() <= after.items()
    # Negative control: another number in one of the points would be seen.
    point = tmp_path / "part" / "points" / "000003.json"
    point.write_text(point.read_text().replace('"bias": ', '"bias": 1', 1))
    assert study("multiplier", *SMALL, *GRID, out=tmp_path / "part").exit_code == 0
    assert contents(tmp_path / "part") != contents(tmp_path / "whole")


@pytest.mark.slow
def test_a_killed_study_continues_to_equal_bytes(tmp_path):
    options = ("multiplier", "--generators", "lfsr,sobol,halton", "--seeds", "8")
    options += ("--samples", "3000", "--lengths", "64,8192", "--jobs")
    part, whole = tmp_path / "part", tmp_path / "whole"
    command = (sys.executable, "-m", "sim.cli", "study", "circuit", *options, "2", "--out")
    with subprocess.Popen((*command, str(part)), stdout=subprocess.DEVNULL) as process:
        while not list((part / "points").glob("0*.json")) and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (part / "results.parquet").exists()
    assert 0 < len(list((part / "points").glob("0*.json"))) < 24
    # The first points are those of two processes, and the others of this one.
    for folder in (part, whole):
        assert study(*options, "1", out=folder).exit_code == 0
    assert contents(part) == contents(whole)


@pytest.mark.slow
def test_one_study_and_one_writer_a_folder(tmp_path):
    assert study("multiplier", *SMALL, out=tmp_path).exit_code == 0
    kept = contents(tmp_path)
    other = study("multiplier", *SMALL[:2], "--samples", "30", out=tmp_path)
    assert str(other.exception) == (
        f"folder {tmp_path} has the results of another study: take another one"
    )
    with sole_writer(tmp_path):
        held = study("multiplier", *SMALL, out=tmp_path)
    assert str(held.exception).startswith(f"{tmp_path} is being written to by process ")
    assert contents(tmp_path) == kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("multiplier", "--lengths", "16,16"),
            "lengths of a study must differ, but 16 is twice",
        ),
        (("multiplier", "--lengths", "0"), "a length must be between 1 and 16777216, not 0"),
        (
            ("multiplier", "--lengths", "a"),
            "--lengths takes numbers with commas between, not 'a'",
        ),
        (("multiplier", "--widths", "2"), "a width must be between 3 and 16, not 2"),
        (("multiplier", "--fault-rates", "2"), "a fault rate must be between 0 and 1, not 2.0"),
        (
            ("multiplier", "--generators", "lfsr,dice"),
            "a generator must be one of lfsr, sobol, halton, van-der-corput, counter, "
            "xorshift, random, not 'dice'",
        ),
        (
            ("multiplier", "--generators", "counter"),
            "there is one sequence of counter, not 2: join kinds",
        ),
        (("stanh", "--encodings", "unipolar"), "Stanh takes no streams of encoding unipolar"),
        (
            ("mux_adder", "--encodings", "sign-magnitude"),
            "MuxAdder takes no streams of encoding sign-magnitude",
        ),
        (
            ("netlist", "--parameters", LOOP),
            "netlist has neither a law nor an oracle to compare it with: give its sim.Entry",
        ),
        (
            ("mux_adder", "--inputs", "grid", "--set", "fan_in=8", "--samples", "100"),
            "a grid over 8 inputs needs at least 2^8 samples, not 100",
        ),
        (
            ("multiplier", "--inputs", "none.csv"),
            "file none.csv cannot be read: there is no such file",
        ),
        (
            ("fixed_adder", "--widths", "9"),
            "fixed_adder has no law of values, so that its study compares its oracle and takes "
            "no widths",
        ),
        (
            ("sng", "--generators", "sobol"),
            "sng takes no streams from outside, so that its study takes no generators",
        ),
        (
            ("multiplier", "--seeds", "1000", "--lengths", ",".join(map(str, range(1, 200)))),
            "a study must have at most 100,000 points, not 199,000",
        ),
        ((), "a study needs the name of a circuit: `goldstream list` names them"),
        (("mutliplier",), "there is no circuit 'mutliplier' in the catalogue; did you mean"),
    ],
)
def test_what_cannot_be_studied_is_one_sentence(arguments, message, tmp_path):
    result = study(*arguments, out=tmp_path / "out")
    assert str(result.exception).startswith(message)
    assert not (tmp_path / "out").exists()


def test_study_files_that_are_wrong(tmp_path):
    file = tmp_path / "study.toml"
    for text, message in (
        ('circuit = "multiplier"\nlenghts = [16]\n', "has no setting 'lenghts'; did you mean"),
        ("lengths = [16\n", "is not TOML: "),
        (
            'circuit = "multiplier"\nlengths = []\n',
            "lengths of a study must be a list of values",
        ),
        ('circuit = "multiplier"\nfrom = [3]\n', "from of a study must be a list of files"),
    ):
        file.write_text(text)
        result = study("--study", str(file), out=tmp_path / "out")
        assert message in str(result.exception)
        assert not (tmp_path / "out").exists()
