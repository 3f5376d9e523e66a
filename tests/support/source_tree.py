"""Rules of the source tree, as functions from a root to what breaks them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

# Imports go from a package to those left of it.
ORDER = ("fixedpoint", "stochastic", "rtl", "sim", "examples")

# Modules beside the families of a package.
BESIDE_FAMILIES = {
    "fixedpoint": set(),
    "stochastic": set(),
    "rtl": {
        "canonical_verilog",
        "component",
        "readable_verilog",
        "rounding",
        "verilog",
        "verilog_header",
        "verilog_module",
        "verilog_nets",
    },
    "sim": {"catalog", "circuit_files", "cli", "entry", "interrupts", "progress", "tools"},
}

# Folders of tests that belong to no family.
OTHER_TESTS = {
    "benchmarks",
    "contract",
    "documentation",
    "examples",
    "proofs",
    "sim",
    "support",
    "wrappers",
}

MOST_LINES = 400


def python_files(root: Path, *folders: str) -> list[Path]:
    """Return the Python files in some folders of a tree, sorted."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def module_name(root: Path, path: Path) -> str:
    """Return the dotted name under which a file is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(text)


def imported_names(root: Path, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the module and name of every import in a file, at any depth.

    ``import a.b`` yields ``("a.b", "")``.
    """
    package = module_name(root, path).split(".")
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(parsed(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((module, alias.name) for alias in node.names)


def import_graph(root: Path, *folders: str) -> dict[str, set[str]]:
    """Return for each module of some folders those of them that it imports."""
    files = {module_name(root, path): path for path in python_files(root, *folders)}
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        graph[name] = set()
        for module, imported in imported_names(root, path):
            submodule = f"{module}.{imported}"
            graph[name] |= {submodule if submodule in files else module} & files.keys()
    return graph


def import_circles(root: Path, *folders: str) -> list[list[str]]:
    """Return every group of modules that import each other, directly or through others."""
    graph = import_graph(root, *folders)
    reached = {name: reachable(graph, name) for name in graph}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [list(group) for group in sorted(groups)]


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the modules that a module imports, directly or through others."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def imports_against_the_order(root: Path) -> list[str]:
    """Return the imports of a package that stands further right in `ORDER`."""
    found = []
    for rank, package in enumerate(ORDER):
        for path in python_files(root, package):
            for module, _ in imported_names(root, path):
                target = module.split(".")[0]
                if target in ORDER and ORDER.index(target) > rank:
                    found.append(f"{module_name(root, path)} imports {module}")
    return found


def private_imports(root: Path, *folders: str) -> list[str]:
    """Return the imports of names or modules that begin with an underscore."""
    own = {module_name(root, path).split(".")[0] for path in python_files(root, *folders)}
    return [
        f"{module_name(root, path)} imports {name or module} from {module}"
        for path in python_files(root, *folders)
        for module, name in imported_names(root, path)
        if module.split(".")[0] in own
        and any(is_private(part) for part in (*module.split("."), name))
    ]


def is_private(name: str) -> bool:
    """Tell whether a name is private, which a name such as ``__init__`` is not."""
    return name.startswith("_") and not name.startswith("__")


def long_files(root: Path, *folders: str) -> list[str]:
    """Return the files of more than `MOST_LINES` lines."""
    lengths = {
        path: len(path.read_text().splitlines()) for path in python_files(root, *folders)
    }
    return [f"{p.relative_to(root)}: {n}" for p, n in lengths.items() if n > MOST_LINES]


def families(root: Path) -> set[str]:
    """Return the names of the folders that hold models."""
    return {
        folder.name
        for package in ("fixedpoint", "stochastic")
        for folder in (root / package).iterdir()
        if (folder / "__init__.py").exists()
    }


def files_outside_families(root: Path) -> list[str]:
    """Return the files beside the families, and the folders that are no family's."""
    found = []
    for package, allowed in BESIDE_FAMILIES.items():
        for path in (root / package).glob("*.py"):
            if path.stem not in allowed | {"__init__"}:
                found.append(str(path.relative_to(root)))
    for folder, allowed in (
        ("rtl", {"wrappers"}),
        ("sim/circuits", set()),
        ("tests", OTHER_TESTS),
    ):
        for path in (root / folder).rglob("*.py"):
            parts = path.relative_to(root / folder).parts
            if len(parts) > 1 and parts[0] not in families(root) | allowed:
                found.append(str(path.relative_to(root)))
            if (
                len(parts) == 1
                and folder != "rtl"
                and path.stem not in ("__init__", "conftest")
            ):
                found.append(str(path.relative_to(root)))
    return sorted(found)


def missing_places(root: Path, model: str, hardware: str, name: str) -> list[str]:
    """Return which of the four files of a circuit do not exist at matching paths.

    Parameters
    ----------
    root : Path
    model : str
        Dotted name of the module of the parameter class: ``PACKAGE.FAMILY.NAME``.
    hardware : str
        Dotted name of the module, in a model package, whose mirrored module in ``rtl`` must
        exist: the model's own, or that of a base class whose hardware serves it.
    name : str
        The name of the catalogue's entry: that of the model, or of a further entry for it.
    """
    family = model.split(".")[1]
    paths = (
        f"{model.replace('.', '/')}.py",
        f"rtl/{'/'.join(hardware.split('.')[1:])}.py",
        f"sim/circuits/{family}/{name}.py",
        f"tests/{family}/test_{name}.py",
    )
    return [path for path in paths if not (root / path).exists()]


def tests_that_import_tests(root: Path) -> list[str]:
    """Return the imports of test modules, and the uses of ``sys.path``, in tests."""
    found = []
    for path in python_files(root, "tests"):
        for module, name in imported_names(root, path):
            parts = [*module.split("."), name]
            if any(part == "conftest" or part.startswith("test_") for part in parts):
                found.append(f"{module_name(root, path)} imports {module}")
        for node in ast.walk(parsed(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path":
                found.append(f"{module_name(root, path)} uses sys.path")
    return found
