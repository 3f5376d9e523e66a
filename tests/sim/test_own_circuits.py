"""Circuits from a file outside of the package: list, show, emit, verify."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from sim.catalog import catalog, entry_of, find
from sim.circuit_files import load_circuits
from sim.cli import app
from sim.commands.options import complete_name
from stochastic import Addie, Isolator, Lfsr

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own_circuits.md").read_text()
SOURCE = re.search(r"```python\n(# my_circuits.py\n.*?)```", PAGE, re.DOTALL).group(1)
BUILT_IN = [entry.name for entry in catalog()]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return the file that docs/own_circuits.md describes."""
    path = tmp_path_factory.mktemp("own") / "my_circuits.py"
    path.write_text(SOURCE)
    return path


def goldstream(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def printed(*arguments):
    done = goldstream(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_list_has_them_last_under_the_file_s_name(file):
    rows = json.loads(printed("list", "--from", file, "--json"))
    assert [row["name"] for row in rows] == [*BUILT_IN, "halver", "product_mean"]
    text = printed("list", "--from", file)
    assert re.search(r"^my_circuits.py\n  halver .*\n  product_mean ", text, re.MULTILINE)


def test_show_tells_ports_and_parameters(file):
    text = printed("show", "halver", "--from", file, "--set", "initial=1")
    assert "halver: Every second one of a stream: half of its value." in text
    assert re.search(r"^  x +input, 1 bit", text, re.MULTILINE)
    assert re.search(r"^  initial +.*1", text, re.MULTILINE)


@pytest.mark.simulator
def test_emit_writes_verilog_of_the_given_parameters(file, tmp_path):
    printed("emit", "halver", "--from", file, "--set", "initial=1", "--out", tmp_path)
    described = json.loads((tmp_path / "halver.json").read_text())
    assert described["parameters"] == {"type": "Halver", "initial": 1}
    assert "module halver(" in (tmp_path / "halver.v").read_text()


@pytest.mark.simulator
def test_verify_checks_the_circuits_of_the_file_and_catches_faults(file):
    rows = json.loads(printed("verify", "--from", file, "--cycles", "4096", "--json"))
    assert [row["name"] for row in rows] == ["halver", "product_mean"]
    for row in rows:
        assert row["mismatches"] == 0
        assert row["faults_caught"] == row["faults_planted"] > 2


@pytest.mark.simulator
def test_workers_load_the_file_too(file):
    load_circuits(file)
    names = ["halver", "product_mean", "multiplier", "isolator"]
    results = sim.verify_many(names, cycles=512, plant=0)
    assert [result.name for result in results] == names
    assert all(result.passed for result in results)


@pytest.mark.simulator
def test_wrong_hardware_is_a_mismatch_with_the_command_that_repeats_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Another class name: the tests above have a Halver in this process.
    wrong = SOURCE.replace("self.y.eq(state & self.x)", "self.y.eq(state | self.x)")
    Path("wrong_circuits.py").write_text(wrong.replace("Halver", "Thinner"))
    done = goldstream("verify", "halver", "--from", "wrong_circuits.py", "--cycles", "512")
    assert done.exit_code == 1
    assert "halver: port y shows 1, not 0, at cycle " in done.output
    assert "goldstream verify halver --from wrong_circuits.py --sim" in done.output


def test_a_registered_entry_is_known_by_name_and_parameters():
    entry = sim.Entry(name="slow_addie", default=Addie(width=20, generator=Lfsr(width=20)))
    assert sim.register(entry) is entry
    assert find("slow_addie") is entry
    assert entry_of(entry.default).name == "slow_addie"
    assert entry_of(Addie(width=5, generator=Lfsr(width=5))).name == "addie"
    # Once more is no other circuit.
    sim.register(entry)
    assert [e.name for e in catalog()].count("slow_addie") == 1
    with pytest.raises(NotImplementedError, match="^there is no oracle for Addie$"):
        entry.oracle(entry.default, 1, 1, None)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            sim.Entry(name="addie", default=Isolator()),
            "there is a circuit addie already: choose another name",
        ),
        (
            sim.Entry(name="my-isolator", default=Isolator()),
            "a circuit's name must be a Verilog identifier, not 'my-isolator'",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(entry, sentence):
    with pytest.raises(ValueError) as refused:
        sim.register(entry)
    assert str(refused.value) == sentence


def test_what_is_no_entry_is_refused():
    sentence = "^a circuit is registered by its sim.Entry, not by Isolator"
    with pytest.raises(TypeError, match=sentence):
        sim.register(Isolator())


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a1.py", "x = (1,\n", "a1.py, line 1: '(' was never closed"),
        ("a2.py", "x = 1\n", "a2.py defines no circuit: assign a sim.Entry to a variable"),
        (
            "a3.py",
            "import sim\n\nimport nowhere\n",
            "a3.py, line 3: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (
            "a4.py",
            "from stochastic import Lfsr\nLfsr(width=2)\n",
            "a4.py, line 2: LFSR width must be between 3 and 32, not 2",
        ),
        (
            "a5.py",
            "import sim\nfrom stochastic import Isolator\n"
            "ONE = sim.Entry(name='one', default=Isolator())\n"
            "SNG = sim.Entry(name='sng', default=Isolator())\n",
            "there is a circuit sng already: choose another name",
        ),
        ("a6.py", "import sys\n\nsys.exit(0)\n", "a6.py, line 3: SystemExit: 0"),
        ("numpy.py", "", "numpy.py hides the Python module numpy: rename the file"),
        (None, "", "a file of circuits is a Python file, but absent.py does not exist"),
        ("folder/", "", "a file of circuits is a Python file, but folder is a directory"),
    ],
)
def test_a_bad_file_is_one_sentence_and_leaves_nothing(
    tmp_path, monkeypatch, name, text, sentence
):
    monkeypatch.chdir(tmp_path)
    path = Path(name or "absent.py")
    if name and name.endswith("/"):
        path.mkdir()
    elif name:
        path.write_text(text)
    done = goldstream("list", "--from", path)
    assert isinstance(done.exception, ValueError)
    assert str(done.exception) == sentence
    assert [entry.name for entry in catalog()] == BUILT_IN


def test_what_is_no_path_is_one_sentence():
    with pytest.raises(TypeError, match="^a file of circuits is given by its path, not by 3$"):
        load_circuits(3)
    long = "x" * 5000
    sentence = f"^a file of circuits is a Python file, not '{'x' * 199}...: File name too long$"
    with pytest.raises(ValueError, match=sentence):
        load_circuits(long)


def test_a_mended_file_is_loaded(tmp_path):
    path = tmp_path / "mended_circuits.py"
    path.write_text("import sim\n")
    with pytest.raises(ValueError, match="defines no circuit"):
        load_circuits(path)
    path.write_text(
        "import sim\nfrom stochastic import Isolator\n"
        "sim.register(sim.Entry(name='late', default=Isolator(cycles=7)))\n"
    )
    assert [entry.name for entry in load_circuits(path)] == ["late"]


def test_names_are_completed(file):
    class Context:
        def __init__(self, sources):
            self.params = {"sources": sources}

    assert complete_name(Context(None), "addi") == ["addie"]
    assert complete_name(Context([file]), "halv") == ["halver"]
    assert complete_name(Context(["nowhere.py"]), "addi") == ["addie"]


def test_a_shell_completes_commands_and_circuits(file):
    def completed(*words):
        environment = {
            **os.environ,
            "_GOLDSTREAM_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["goldstream", *words]),
            "COMP_CWORD": str(len(words)),
        }
        command = [sys.executable, "-m", "sim.cli"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.stdout.split()

    assert completed("ver") == ["verify"]
    assert completed("emit", "addi") == ["addie"]
    assert completed("show", "--from", str(file), "halv") == ["halver"]
    # The shell is found as the parent of the process. With a second command bash remains it.
    command = ["bash", "-c", f"{sys.executable} -m sim.cli --show-completion && true"]
    assert "COMP_WORDS" in subprocess.run(command, capture_output=True, text=True).stdout
