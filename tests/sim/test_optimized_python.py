"""Python without docstrings: summaries come from the sources."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def listed(*flags):
    done = subprocess.run(
        [sys.executable, *flags, "-m", "goldstream", "list", "--json"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_list_is_the_same():
    plain = listed()
    assert all(len(circuit["summary"]) > 10 for circuit in plain)
    assert listed("-OO") == plain
