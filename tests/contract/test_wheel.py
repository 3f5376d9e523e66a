"""The wheel: all files inside, and commands that run where only the wheel is installed."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from sim.tools import simulators
from tests.support.wheels import (
    PACKAGES,
    build_wheel,
    install,
    interpreters,
    site_packages,
)

ROOT = Path(__file__).parents[2]
CACHES = (".nbi", ".nbc", ".pyc")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def files_of_the_tree():
    """Return the files that Git knows in the packages; without Git, all but caches."""
    done = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return set(done.stdout.split())
    found = (path for name in PACKAGES for path in (ROOT / name).rglob("*"))
    return {str(p.relative_to(ROOT)) for p in found if p.is_file() and p.suffix not in CACHES}


def missing(names):
    """Return the files of the tree that a wheel with these names does not have."""
    return sorted(name for name in files_of_the_tree() - set(names) if (ROOT / name).is_file())


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_packages(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    assert missing(names) == []
    assert missing([n for n in names if not n.endswith("sobol.csv")]) == [
        "stochastic/generators/sobol.csv"
    ]
    others = {name.split("/")[0] for name in names} - {*PACKAGES, "goldstream.py"}
    assert others == {metadata.split("/")[0]}
    assert not [name for name in names if name.endswith(CACHES) or "/tests/" in name]
    assert "Requires-Python: >=3.11\n" in text
    assert f"{metadata.split('/')[0]}/licenses/LICENSE" in names


@pytest.mark.slow
@pytest.mark.parametrize("python", interpreters(), ids=lambda python: Path(python).name)
def test_commands_run_where_only_the_wheel_is(wheel, python, tmp_path):
    packages = site_packages(python)
    if packages is None:
        pytest.skip(f"{Path(python).name} is not there, or has not all dependencies")
    programs = install(wheel, python, packages, tmp_path)
    away = tmp_path / "away"
    away.mkdir()
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONPATH"}

    def run(*words):
        done = subprocess.run(
            [str(programs / words[0]), *words[1:]],
            cwd=away,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    place = run("python", "-c", "import stochastic; print(stochastic.__file__)")
    assert Path(place.strip()).is_relative_to(tmp_path)
    rows = json.loads(run("goldstream", "list", "--json"))
    assert {"addie", "momentum_sgd"} <= {row["name"] for row in rows}
    files = json.loads(
        run("goldstream", "emit", "multiplier", "--no-count-faults", "--cycles", "9", "--json")
    )
    assert sorted(files.values()) == sorted(path.name for path in away.iterdir())
    simulator = "icarus" if "icarus" in simulators() else "verilator"
    size = ["--cycles", "64", "--lanes", "1", "--sim", simulator]
    (row, *_) = json.loads(run("goldstream", "verify", "multiplier", *size, "--json"))
    assert (row["name"], row["mismatches"]) == ("multiplier", 0)
    assert row["faults_caught"] == row["faults_planted"] > 0
