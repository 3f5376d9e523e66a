"""Ctrl-C and SIGTERM end a command, with what it has started and without a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rtl
from fixedpoint.circuit.cache_directory import private_cache
from sim import interrupts
from stochastic import Multiplier

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

# A tool that starts another one, as make does, which writes its process id.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sim.interrupts import handle_signals, scratch_folder
from sim.tools import run_tool

def tool(number):
    with scratch_folder(parent=Path(sys.argv[1])) as folder:
        run_tool(["sh", "-c", f"sleep 600 & echo $! > {sys.argv[2]}/{number}; wait"], folder)

if __name__ == "__main__":
    handle_signals()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tool, range(4)))
"""


def start(*command, **options):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path, **options},
    )  # fmt: skip


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(number):
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tools_die_with_the_command_and_no_folder_stays(tmp_path, number):
    (tmp_path / "script.py").write_text(SCRIPT)
    folders, started = tmp_path / "folders", tmp_path / "started"
    folders.mkdir()
    started.mkdir()
    process = start(tmp_path / "script.py", folders, started)
    wait_for(lambda: len([p for p in started.iterdir() if p.read_text().strip()]) == 2)
    assert len(list(folders.iterdir())) == 2
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode != 0
    sleepers = [int(path.read_text()) for path in started.iterdir()]
    wait_for(lambda: not any(map(alive, sleepers)), 5)
    assert list(folders.iterdir()) == []
    # No further tool was started.
    assert len(sleepers) == 2


def test_the_status_tells_the_signal():
    code = (
        "import os, signal, sys; import sim.cli as cli\n"
        "cli.app = lambda **options: os.kill(os.getpid(), int(sys.argv[1]))\n"
        "cli.main()"
    )
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = start("-c", code, int(number))
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output, errors) == (status, "", "goldstream: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_traceback_while_the_command_is_loaded(number):
    # The interpreter itself takes the first part of this time.
    bare = time.monotonic()
    start("-c", "pass").communicate()
    bare = time.monotonic() - bare
    for part in (0.1, 0.3, 0.6):
        process = start("-m", "goldstream", "list")
        time.sleep(2 * bare + part * 0.5)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert errors in ("", "goldstream: interrupted\n"), errors
        assert process.returncode in (0, -number, 128 + number)


def test_a_second_signal_ends_what_postpones_the_first():
    code = (
        "import os, signal, sys\n"
        "from sim.interrupts import handle_signals, interrupt_status, postponed\n"
        "handle_signals()\n"
        "with postponed() as held:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print(held.number, flush=True)\n"
        "    try:\n"
        "        held.check()\n"
        "    except KeyboardInterrupt:\n"
        "        print(interrupt_status(), flush=True)\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        signal.sigtimedwait([], 1)\n"
        "    except KeyboardInterrupt:\n"
        "        print('at once', interrupt_status(), flush=True)\n"
        "        os._exit(0)\n"
    )
    output, errors = start("-c", code).communicate(timeout=60)
    assert (output.splitlines(), errors) == (["15", "143", "at once 130"], "")


def test_threads_that_do_not_end_are_left_after_three_seconds(tmp_path):
    code = (
        "import pathlib, sys, threading, time\n"
        "from sim.interrupts import handle_signals, scratch_folder\n"
        "handle_signals()\n"
        "def work():\n"
        "    with scratch_folder(parent=pathlib.Path(sys.argv[1])):\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(600)\n"
        "threading.Thread(target=work).start()\n"
        "time.sleep(600)\n"
    )
    process = start("-c", code, tmp_path)
    assert process.stdout.readline() == "begun\n"
    process.terminate()
    begun = time.monotonic()
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert time.monotonic() - begun > 2
    assert list(tmp_path.iterdir()) == []


STATUS = """
import sim.cli as cli
def fail(**options):
    raise {error}
cli.app = fail
cli.main()
"""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("ValueError('width must be 3')", "goldstream: width must be 3"),
        ("FileNotFoundError(2, 'No such file', 'x')", "goldstream: x: No such file"),
        ("MemoryError", "goldstream: there is not enough memory: ask for less at once"),
        ("KeyError('x')", "goldstream: this is an error in goldstream; please report it"),
        ("RuntimeError('x')", "goldstream: this is an error in goldstream; please report it"),
    ],
)
def test_what_is_no_mismatch_never_exits_with_1(error, sentence):
    process = start("-c", STATUS.format(error=error))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.splitlines()[-1] == sentence


def test_a_reader_that_goes_is_no_mismatch():
    code = "import sim.cli as cli\ncli.app = lambda **options: print('x' * 100_000)\ncli.main()"
    process = start("-c", code)
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (141, "")


def test_list_prints_to_what_knows_ascii_only():
    process = start("-m", "goldstream", "list", PYTHONIOENCODING="ascii")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "addie" in output
    assert output.isascii()


def test_home_that_cannot_be_written_to(tmp_path):
    """The caches of all tools are where the builds are; without one, one sentence says so."""
    home = {"HOME": "/proc/none", "XDG_CACHE_HOME": "", "GOLDSTREAM_CACHE": ""}
    emit = ("-m", "goldstream", "emit", "multiplier", "--json", "--cycles", "16", "--out")
    process = start(*emit, tmp_path / "out", **home)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    (line,) = errors.splitlines()
    assert line.startswith("goldstream: cache directory /proc/none/.cache/goldstream cannot be")
    assert line.endswith(": set GOLDSTREAM_CACHE to a directory of your own")
    # With a cache nothing goes to the home directory. Machine code of Yosys takes a while.
    rtl.to_verilog(Multiplier())
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "wasmtime").symlink_to(private_cache() / "wasmtime", target_is_directory=True)
    code = "import rtl, stochastic; print(rtl.to_verilog(stochastic.Multiplier()))"
    process = start("-c", code, **home | {"GOLDSTREAM_CACHE": str(cache)})
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert "endmodule" in output
    assert [path.name for path in cache.iterdir()] == ["wasmtime"]


@pytest.mark.parametrize("_", ["first", "second"])
def test_a_command_inside_of_a_test_leaves_no_handlers(_):
    # Left behind, they would end the test process seconds after a later test sends a signal.
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert "sim.interrupts" not in [getattr(h, "__module__", None) for h in handlers]
    interrupts.handle_signals()
