"""The section "Add a circuit" of CONTRIBUTING.md, followed to the letter in a copy."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim", "tests")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Return a copy of the packages with the files of the section in it."""
    root = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        skipped = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(ROOT / package, root / package, ignore=skipped)
    shutil.copy(ROOT / "pyproject.toml", root)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## Add a circuit\n")[1].split("\n## ")[0]
    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        first, rest = block.split("\n", 1)
        path = root / first.removeprefix("# ").split(",")[0]
        if "one more line" in first:
            text = path.read_text().replace("from .matmul", f"{rest}from .matmul", 1)
            path.write_text(text.replace("__all__ = [", '__all__ = [\n    "Majority",', 1))
        else:
            assert not path.exists()
            path.write_text(rest)
    return root


def run(tree, *arguments):
    """Run a Python command in the copy."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_circuit_passes_its_tests_and_the_contract(tree):
    done = run(
        tree,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "majority"),
        *("tests/arithmetic/test_majority.py", "tests/contract"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    # Its own two tests, and at least eight of the contract.
    assert passed is not None
    assert int(passed.group(1)) >= 10


@pytest.mark.simulator
def test_the_circuit_is_cross_checked(tree):
    done = run(tree, "-m", "sim.cli", "verify", "majority", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = json.loads(done.stdout)
    assert result["mismatches"] == 0
    assert result["faults_caught"] == result["faults_planted"] > 0


@pytest.mark.simulator
def test_a_wrong_model_is_caught(tree, tmp_path):
    faulty = tmp_path / "faulty"
    shutil.copytree(tree, faulty, ignore=shutil.ignore_patterns("__pycache__"))
    model = faulty / "stochastic" / "arithmetic" / "majority.py"
    model.write_text(model.read_text().replace("a & b | c & (a | b)", "a & b | c & a"))
    done = run(faulty, "-m", "sim.cli", "verify", "majority")
    assert done.returncode == 1
    assert "majority" in done.stdout + done.stderr
