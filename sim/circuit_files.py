"""Circuits from a file outside of the package."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from fixedpoint.circuit.checks import shown

from .catalog import catalog, register, unregister
from .entry import Entry

__all__ = ["load_circuits", "loaded_files"]

_loaded: dict[Path, tuple[Entry, ...]] = {}


def load_circuits(path: Path | str) -> tuple[Entry, ...]:
    """Run a Python file and register every `Entry` that it defines.

    An entry is a variable of the module, or is registered by the file itself. The file may
    import others beside it. It is run once, as the module of its name.

    Returns
    -------
    tuple of Entry
        The entries in the order of the file.

    Raises
    ------
    TypeError
        If it is no path.
    ValueError
        If there is no such file, it fails, it has no entry, or a name is taken.
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"a file of circuits is given by its path, not by {shown(path)}")
    path = Path(path)
    try:
        what = "is a directory" if path.is_dir() else ""
        what = what or ("" if path.is_file() else "does not exist")
    except (OSError, ValueError) as error:
        # A name that is too long, or one with a null character.
        reason = getattr(error, "strerror", None) or error
        name = shown(str(path))
        raise ValueError(f"a file of circuits is a Python file, not {name}: {reason}") from None
    if what:
        raise ValueError(f"a file of circuits is a Python file, but {path} {what}")
    place = path.resolve()
    if place in _loaded:
        return tuple(register(entry, file=path) for entry in _loaded[place])
    before = {entry.name for entry in catalog()}
    try:
        _loaded[place] = _registered_by(path, before)
    except ValueError:
        unregister({entry.name for entry in catalog()} - before)
        if _is_loaded(path):
            del sys.modules[path.stem]
        raise
    return _loaded[place]


def _registered_by(path: Path, before: set[str]) -> tuple[Entry, ...]:
    """Run a file, register its entries, and return all that it has added."""
    module = _run(path)
    for value in list(vars(module).values()):
        if isinstance(value, Entry) and value not in catalog():
            register(value, file=path)
    found = tuple(entry for entry in catalog() if entry.name not in before)
    if not found:
        raise ValueError(f"{path} defines no circuit: assign a sim.Entry to a variable")
    # Those that the file itself has registered come from it too.
    unregister(entry.name for entry in found)
    return tuple(register(entry, file=path) for entry in found)


def loaded_files() -> tuple[Path, ...]:
    """Return the files that were loaded, so that another process can load them too."""
    return tuple(_loaded)


def _run(path: Path) -> ModuleType:
    """Return the module of a file, or raise a ValueError with the first thing that failed."""
    name = path.stem
    folder = str(path.resolve().parent)
    known = importlib.util.find_spec(name) if name.isidentifier() else None
    if known is not None and Path(known.origin or "").resolve() != path.resolve():
        raise ValueError(f"{path} hides the Python module {name}: rename the file")
    if _is_loaded(path):
        return sys.modules[name]
    loader = SourceFileLoader(name, str(path.resolve()))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # Behind everything else, so that nothing there hides another module.
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        file = Path(error.filename or path).name
        raise ValueError(f"{file}, line {error.lineno}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == str(path.resolve())]
        where = f"{path}, line {lines[-1]}" if lines else str(path)
        raise ValueError(f"{where}: {_sentence(error)}") from None
    return module


def _is_loaded(path: Path) -> bool:
    """Tell whether a file is a module of this process already."""
    file = getattr(sys.modules.get(path.stem), "__file__", None)
    return file is not None and Path(file).resolve() == path.resolve()


def _sentence(error: BaseException) -> str:
    """Return an error as a sentence; ours are sentences, others need their kind."""
    if isinstance(error, ValueError | TypeError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"
