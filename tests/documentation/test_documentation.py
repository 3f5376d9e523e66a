"""Tests of docstrings: examples run, and public names are documented."""

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim")
# These run inside a simulator, or on import.
EXCLUDED = {"sim.cli", "sim.simulation.drivers.goldstream_driver"}


def _modules():
    for package in PACKAGES:
        yield package
        path = [str(ROOT / package)]
        for found in pkgutil.walk_packages(path, prefix=f"{package}."):
            if found.name not in EXCLUDED:
                yield found.name


MODULES = list(_modules())

# Their examples compile kernels for tensors and for many formats.
SLOW = ("fixedpoint.arrays", "fixedpoint.layers", "stochastic.networks", "stochastic.training")


def _marked(name):
    return pytest.param(name, marks=[pytest.mark.slow] if name.startswith(SLOW) else [])


@pytest.mark.slow
@pytest.mark.parametrize("name", [_marked(name) for name in MODULES])
def test_docstring_examples(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, f"{name}.{public}"
            assert not value.__doc__.startswith(f"{public}("), f"{name}.{public}"
