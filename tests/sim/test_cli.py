"""The command line: what it prints, and what it answers to bad use."""

import json
import os
import pty
import re
import subprocess
import sys
import threading

import pytest

import sim.progress
from sim import catalog
from sim.cli import main
from sim.progress import progress_bar


def goldstream(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *arguments],
        text=True,
        capture_output=True,
        check=False,
        **kwargs,
    )


def test_list_as_json_has_every_circuit():
    done = goldstream("list", "--json")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == [entry.name for entry in catalog()]
    for row in rows:
        assert {"name", "summary", "parameters", "ports", "latency"} <= set(row)
        for port in row["ports"]:
            assert {"name", "direction", "width", "signed"} <= set(port)


def test_list_as_table_names_every_circuit():
    done = goldstream("list")
    assert done.returncode == 0
    for entry in catalog():
        assert entry.name in done.stdout


def test_list_loads_no_heavy_package():
    # Numba alone takes half a second, and as much again with the first kernel it loads.
    code = (
        "import sys; sys.argv = ['goldstream', 'list', '--json']\n"
        "from sim.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'torch', 'amaranth', 'cocotb', 'matplotlib', 'numba', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_stochastic_needs_numpy_and_numba_alone():
    # A name that maps to None cannot be imported: as on a machine where it is missing.
    code = (
        "import sys\n"
        "for name in ('amaranth', 'cocotb', 'matplotlib', 'rich', 'scipy', 'torch', 'typer'):\n"
        "    sys.modules[name] = None\n"
        "import fixedpoint, stochastic\n"
        "assert stochastic.Sobol(width=4).words(3).tolist() == [0, 8, 12]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_emit_writes_into_the_named_directory(tmp_path):
    done = goldstream("emit", "multiplier", "--out", str(tmp_path / "rtl"), "--json")
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)
    assert sorted(p.name for p in (tmp_path / "rtl").iterdir()) == sorted(
        path.rsplit("/", 1)[1] for path in files.values()
    )


@pytest.mark.slow
def test_emit_takes_parameters(tmp_path):
    given = '{"generator": {"type": "Lfsr", "width": 5}}'
    done = goldstream("emit", "sng", "--out", str(tmp_path), "--parameters", given)
    assert done.returncode == 0, done.stderr
    described = json.loads((tmp_path / "sng.json").read_text())
    assert described["parameters"]["generator"]["width"] == 5


@pytest.mark.simulator
def test_verify_as_json():
    done = goldstream("verify", "multiplier", "--cycles", "64", "--lanes", "2", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    expected = {
        "name",
        "parameters",
        "simulator",
        "cycles",
        "lanes",
        "bits_compared",
        "mismatches",
        "faults_planted",
        "faults_caught",
        "seconds",
    }
    assert expected <= set(row)
    assert (row["name"], row["cycles"], row["lanes"]) == ("multiplier", 64, 2)
    assert row["mismatches"] == 0
    assert row["faults_caught"] == row["faults_planted"] > 0


@pytest.mark.simulator
def test_verify_that_misses_its_faults_exits_1():
    # One lane for one cycle cannot tell a counter's fault from its model.
    done = goldstream("verify", "counter", "--cycles", "1", "--lanes", "1")
    assert done.returncode == 1, done.stderr
    assert "counter: not caught:" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["emit", "nothing"], "there is no circuit 'nothing' in the catalogue"),
        (["verify", "sng", "--cycles", "0"], "cycles must be between 1 and 1000000000, not 0"),
        (
            ["verify", "sng", "--sim", "vcs"],
            "simulator must be verilator or icarus, not 'vcs'",
        ),
        (["verify", "--parameters", "{}"], "--parameters needs the name of one circuit"),
        (
            ["emit", "lfsr", "--parameters", '{"width": 2}'],
            "LFSR width must be between 3 and 32, not 2",
        ),
        (["emit", "lfsr", "--parameters", '{"bits": 2}'], "Lfsr has no parameter 'bits'"),
        (["emit", "lfsr", "--parameters", "{"], "parameters are not JSON: "),
        (["emit", "lfsr", "--parameters", " "], "parameters are not JSON: "),
        (
            ["emit", "lfsr", "--parameters", '{"parameters": 3}'],
            "parameters must be a JSON object, not 3",
        ),
        (
            ["emit", "counter", "--parameters", '{"type": "Lfsr", "width": 5}'],
            "counter takes parameters of Counter, not of Lfsr",
        ),
        (["emit", "lfsr", "--cycles", "many"], "Invalid value for '--cycles'"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_bad_use_is_one_sentence_and_exit_2(arguments, message, tmp_path):
    done = goldstream(*arguments, cwd=None)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "nothing"], "there is no circuit 'nothing' in the catalogue"),
        (["emit", "nothing"], "there is no circuit 'nothing' in the catalogue"),
    ],
)
def test_an_error_is_the_only_line(arguments, sentence):
    done = goldstream(*arguments)
    assert (done.stdout, done.stderr) == ("", f"goldstream: {sentence}\n")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (IsADirectoryError(21, "Is a directory", "run/records.npz"),
         "run/records.npz: Is a directory"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (FileNotFoundError("runs/a holds no run"), "runs/a holds no run"),
        (MemoryError("Unable to allocate 7 GiB"),
         "there is not enough memory: Unable to allocate 7 GiB"),
        (MemoryError(), "there is not enough memory: ask for less at once"),
        (RuntimeError("CPU: can't allocate memory: 9 bytes"),
         "there is not enough memory: CPU: can't allocate memory: 9 bytes"),
    ],
)  # fmt: skip
def test_what_the_machine_lacks_is_one_sentence(monkeypatch, capsys, error, sentence):
    def app(**_):
        raise error

    monkeypatch.setattr("sim.cli.app", app)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr() == ("", f"goldstream: {sentence}\n")


def test_a_fault_of_our_own_is_not_hidden(monkeypatch, capsys):
    def app(**_):
        raise RuntimeError("this cannot be")

    monkeypatch.setattr("sim.cli.app", app)
    with pytest.raises(SystemExit) as stopped:
        main()
    # 1 would mean a mismatch.
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == [
        "RuntimeError: this cannot be",
        "goldstream: this is an error in goldstream; please report it",
    ]


def shown(monkeypatch, capsys, seconds, **settings):
    """Return what standard error shows of some work, where a line is due at once."""
    monkeypatch.setattr(sim.progress, "FIRST", seconds)
    monkeypatch.setattr(sim.progress, "INTERVAL", seconds)
    with progress_bar(**settings) as bar:
        done = bar.add_task("counted", total=1)
        bar.update(done, completed=1)
        task = bar.add_task("counting", total=4)
        bar.advance(task)
        threading.Event().wait(0.3)
    return capsys.readouterr().err


def test_in_a_file_progress_is_a_line_now_and_then(monkeypatch, capsys):
    lines = shown(monkeypatch, capsys, 0.05).splitlines()
    assert 1 <= len(lines) <= 6
    for line in lines:
        # Three times as long as so far.
        assert re.fullmatch(r"counting: 25 % after 0:00:0\d, about 0:00:0\d left", line)


def test_work_that_is_done_soon_shows_no_progress_in_a_file(monkeypatch, capsys):
    assert shown(monkeypatch, capsys, 30.0) == ""


def test_hidden_progress_is_nothing(monkeypatch, capsys):
    assert shown(monkeypatch, capsys, 0.05, hidden=True) == ""


def test_no_line_comes_after_the_work(monkeypatch, capsys):
    shown(monkeypatch, capsys, 0.05)
    threading.Event().wait(0.2)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_progress_is_a_bar_that_vanishes():
    ours, its = pty.openpty()
    code = (
        "from sim.progress import progress_bar\n"
        "with progress_bar() as bar: bar.add_task('counting', total=4)\n"
    )
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", code], stderr=its, env=environment, check=True)
    os.close(its)
    text = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "counting" in text
    # Shows the cursor again, goes up to the bar's line and clears it.
    assert text.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
