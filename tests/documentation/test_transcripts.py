"""Transcripts of shells in the documentation: each command is run, its output compared."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.tools import find_simulator

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / f"{name}.md"
    for name in (
        "transcripts",
        "own_circuits",
        "studies",
        "tutorial_verilog",
        "tutorial_cocotb",
    )
]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"(?:#|//) ([\w.]+\.\w+)\n")


def session(text):
    """Yield the files and commands of a page in order.

    A block of code that begins with a comment of a file's name is a pair of that name and the
    text. A command of a block of ``console`` is a pair of the command and what it prints.
    """
    for language, body in BLOCK.findall(text):
        if language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield "run", command, output
        elif name := FILE_NAME.match(body):
            yield "file", name[1], body


def wrong_outputs(text, directory):
    """Follow a page in a directory, and return the commands that printed something else."""
    checker = doctest.OutputChecker()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    status = 0
    found = []
    for kind, name, body in session(text):
        if kind == "file":
            (directory / name).write_text(body)
            continue
        if name.startswith("pip install"):
            continue
        done = subprocess.run(
            ["bash", "-c", f"(exit {status}); {name}"],
            cwd=directory,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        status = done.returncode
        if not checker.check_output(body, done.stdout, doctest.ELLIPSIS):
            found.append((name, done.stdout))
    return found


@pytest.mark.slow
@pytest.mark.simulator
@pytest.mark.skipif(find_simulator("icarus") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_page_says(page, tmp_path):
    text = page.read_text()
    assert sum(kind == "run" for kind, *_ in session(text)) >= 4
    assert wrong_outputs(text, tmp_path) == []


def test_a_wrong_output_is_found(tmp_path):
    text = (
        "```python\n# a.py\nprint(3)\n```\n\n```console\n$ python a.py\n4\n$ echo $?\n0\n```\n"
    )
    assert wrong_outputs(text, tmp_path) == [("python a.py", "3\n")]
    assert wrong_outputs(text.replace("\n4\n", "\n3\n"), tmp_path) == []


def test_the_status_of_a_command_is_that_of_the_next_echo(tmp_path):
    text = (
        "```console\n$ false\n$ echo $?\n1\n$ pip install nothing\n$ true\n$ echo $?\n0\n```\n"
    )
    assert wrong_outputs(text, tmp_path) == []
