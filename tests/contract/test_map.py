"""The map of the packages: matching paths, one list a family, imports in one direction."""

import dataclasses
import importlib
import inspect
from pathlib import Path

import pytest
from amaranth.hdl import Fragment

import rtl
from fixedpoint.circuit import Circuit
from sim.catalog import catalog
from stochastic import Generator, Netlist, Pcg
from tests.support import source_tree

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim")
FOLDERS = (*PACKAGES, "examples", "benchmarks", "tests")

# The base of the generators, and a generator that is software only.
WITHOUT_HARDWARE = {Generator, Pcg}

# The contract's bases, and what needs PyTorch.
NO_CIRCUITS = {"circuit", "layers", "networks", "training"}


def hardware_place(parameters):
    """Return the module of the class whose mirrored module holds the hardware."""
    component = rtl.create(parameters)
    Fragment.get(component, platform=None)  # Amaranth warns of components without a use.
    place = type(component).__module__.split(".", 1)[1]
    modules = (base.__module__ for base in type(parameters).__mro__)
    return next(name for name in modules if name.partition(".")[2] == place)


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.name)
def test_model_hardware_entry_and_test_have_matching_paths(entry):
    model = type(entry.default).__module__
    hardware = hardware_place(entry.default)
    assert source_tree.missing_places(ROOT, model, hardware, entry.name) == []
    assert entry.family == model.split(".")[-2]


def without_namesake(entries):
    """Return the modules of circuits that have entries, but none named for the module."""
    named = {(e.name, type(e.default).__module__) for e in entries}
    modules = {type(e.default).__module__ for e in entries}
    return sorted(m for m in modules if (m.split(".")[-1], m) not in named)


def test_every_circuit_has_an_entry_of_its_own_name():
    assert without_namesake(catalog()) == []


def test_names_of_entries_are_unique():
    names = [entry.name for entry in catalog()]
    assert sorted(set(names)) == sorted(names)


def listed_circuits():
    """Return the circuit classes that the families list, without the contract's bases."""
    # The netlist is the one circuit that the contract itself offers.
    found = {Netlist}
    for package in ("fixedpoint", "stochastic"):
        for folder in (ROOT / package).iterdir():
            if folder.name in NO_CIRCUITS or not (folder / "__init__.py").exists():
                continue
            family = importlib.import_module(f"{package}.{folder.name}")
            values = (getattr(family, name) for name in getattr(family, "__all__", ()))
            found |= {v for v in values if inspect.isclass(v) and issubclass(v, Circuit)}
    return found


def differences(entries):
    """Return the circuits that have no entry, and the entries of circuits in no list."""
    in_catalogue = {type(entry.default) for entry in entries}
    listed = listed_circuits()
    return listed - in_catalogue - WITHOUT_HARDWARE, in_catalogue - listed


def test_every_listed_circuit_is_in_the_catalogue():
    assert differences(catalog()) == (set(), set())


@pytest.mark.parametrize("kind", [Pcg], ids=lambda kind: kind.__name__)
def test_what_has_no_hardware_says_so(kind):
    with pytest.raises(TypeError, match=f"^there is no hardware for {kind.__name__}$"):
        rtl.create(kind(width=8))


def test_no_module_imports_itself_through_others():
    assert source_tree.import_circles(ROOT, *PACKAGES) == []


def test_imports_between_packages_go_one_way():
    assert source_tree.imports_against_the_order(ROOT) == []


def test_no_file_is_too_long():
    assert source_tree.long_files(ROOT, *FOLDERS) == []


def test_no_private_name_is_imported():
    assert source_tree.private_imports(ROOT, *FOLDERS) == []


def test_no_file_stands_outside_a_family():
    assert source_tree.files_outside_families(ROOT) == []


def test_no_test_imports_a_test():
    assert source_tree.tests_that_import_tests(ROOT) == []


# Negative controls: each check finds what was planted in a small tree.
TREE = {
    "fixedpoint/__init__.py": "from .mac import Mac\n",
    "fixedpoint/mac/__init__.py": "from .mac import Mac\n",
    "fixedpoint/mac/mac.py": "from .base import Base\n",
    "fixedpoint/mac/base.py": "import numpy\n",
    "stochastic/__init__.py": "",
    "stochastic/generators/__init__.py": "",
    "rtl/__init__.py": "",
    "rtl/component.py": "from fixedpoint.mac import Mac\n",
    "rtl/mac/mac.py": "from ..component import Component\n",
    "sim/__init__.py": "",
    "sim/circuits/__init__.py": "",
    "sim/circuits/mac/mac.py": "from fixedpoint import Mac\n",
    "examples/__init__.py": "",
    "tests/mac/test_mac.py": "from fixedpoint import Mac\nfrom tests.support import numbers\n",
    "tests/support/numbers.py": "",
}

MAC = ("fixedpoint.mac.mac", "fixedpoint.mac.mac", "mac")


@pytest.fixture
def tree(tmp_path):
    """Return the root of a small tree that keeps every rule."""
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_small_tree_keeps_every_rule(tree):
    assert source_tree.missing_places(tree, *MAC) == []
    assert source_tree.import_circles(tree, *PACKAGES) == []
    assert source_tree.imports_against_the_order(tree) == []
    assert source_tree.long_files(tree, *FOLDERS) == []
    assert source_tree.private_imports(tree, *FOLDERS) == []
    assert source_tree.files_outside_families(tree) == []
    assert source_tree.tests_that_import_tests(tree) == []


@pytest.mark.parametrize(
    "path",
    [
        "fixedpoint/mac/mac.py",
        "rtl/mac/mac.py",
        "sim/circuits/mac/mac.py",
        "tests/mac/test_mac.py",
    ],
)
def test_a_missing_file_of_a_circuit_is_found(tree, path):
    (tree / path).unlink()
    found = source_tree.missing_places(tree, *MAC)
    assert found == [path]


def test_missing_hardware_of_a_base_class_is_found(tree):
    found = source_tree.missing_places(tree, MAC[0], "fixedpoint.mac.base", "mac")
    assert found == ["rtl/mac/base.py"]


def test_missing_files_of_a_further_entry_are_found(tree):
    found = source_tree.missing_places(tree, *MAC[:2], "wide_mac")
    assert found == ["sim/circuits/mac/wide_mac.py", "tests/mac/test_wide_mac.py"]


@pytest.mark.parametrize(
    "line",
    [
        "from .mac import Mac",
        "from . import mac",
        "import fixedpoint.mac.mac",
        "from fixedpoint.mac import mac",
        "def later():\n    from .mac import Mac",
        "if TYPE_CHECKING:\n    from .mac import Mac",
    ],
)
def test_a_circle_is_found(tree, line):
    (tree / "fixedpoint/mac/base.py").write_text(f"{line}\n")
    found = source_tree.import_circles(tree, *PACKAGES)
    assert found == [["fixedpoint.mac.base", "fixedpoint.mac.mac"]]


def test_a_circle_of_three_is_found(tree):
    (tree / "fixedpoint/mac/base.py").write_text("from .third import x\n")
    (tree / "fixedpoint/mac/third.py").write_text("from .mac import Mac\n")
    names = ["fixedpoint.mac.base", "fixedpoint.mac.mac", "fixedpoint.mac.third"]
    assert source_tree.import_circles(tree, *PACKAGES) == [names]


def test_an_import_against_the_order_is_found(tree):
    (tree / "fixedpoint/mac/base.py").write_text("def f():\n    from sim import catalog\n")
    found = source_tree.imports_against_the_order(tree)
    assert found == ["fixedpoint.mac.base imports sim"]


def test_a_long_file_is_found(tree):
    path = tree / "tests/mac/test_mac.py"
    path.write_text("x = 1\n" * 400)
    assert source_tree.long_files(tree, *FOLDERS) == []
    path.write_text("x = 1\n" * 401)
    assert source_tree.long_files(tree, *FOLDERS) == ["tests/mac/test_mac.py: 401"]


@pytest.mark.parametrize(
    "line", ["from fixedpoint.mac.base import _hidden", "from fixedpoint._hidden import name"]
)
def test_a_private_import_is_found(tree, line):
    (tree / "rtl/component.py").write_text(f"{line}\nfrom numpy import _core\n")
    (found,) = source_tree.private_imports(tree, *FOLDERS)
    assert found.startswith("rtl.component imports")


@pytest.mark.parametrize(
    "path",
    [
        "fixedpoint/helpers.py",
        "rtl/helpers.py",
        "sim/helpers.py",
        "rtl/other/mac.py",
        "sim/circuits/mac.py",
        "sim/circuits/other/mac.py",
        "tests/test_mac.py",
        "tests/other/test_mac.py",
    ],
)
def test_a_file_outside_a_family_is_found(tree, path):
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).write_text("")
    assert source_tree.files_outside_families(tree) == [path]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("from tests.mac.test_mac import Mac", "imports tests.mac.test_mac"),
        ("from tests.mac import test_mac", "imports tests.mac"),
        ("from .test_mac import Mac", "imports tests.support.test_mac"),
        ("from tests import conftest", "imports tests"),
        ("import sys\nsys.path.insert(0, '.')", "uses sys.path"),
    ],
)
def test_a_test_that_imports_a_test_is_found(tree, text, sentence):
    (tree / "tests/support/numbers.py").write_text(f"{text}\n")
    found = source_tree.tests_that_import_tests(tree)
    assert found == [f"tests.support.numbers {sentence}"]


def test_a_listed_circuit_without_an_entry_is_found():
    *rest, last = catalog()
    assert type(last.default) in differences(rest)[0]


def test_a_circuit_without_an_entry_of_its_name_is_found():
    entry = next(e for e in catalog() if e.name == "addie")
    renamed = dataclasses.replace(entry, name="eight_bit_addie")
    assert without_namesake([entry, renamed]) == []
    assert without_namesake([renamed]) == ["stochastic.integrators.addie"]
