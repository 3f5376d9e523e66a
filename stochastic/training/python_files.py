"""Classes in Python files of one's own, named as ``FILE.py:CLASS``."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from fixedpoint.circuit.checks import shown
from fixedpoint.circuit.files import named

__all__ = ["file_digest", "first_line", "in_file", "load_class", "make", "split_name"]

# Modules that files of one's own have imported from beside them, by folder and name. Two
# folders may have modules of one name, of which `sys.modules` holds one at a time.
_BESIDE: dict[Path, dict[str, ModuleType]] = {}


def in_file(name: Any) -> bool:
    """Return whether a name is meant as that of a class in a file."""
    return isinstance(name, str) and (".py:" in name or name.endswith(".py"))


def split_name(name: str) -> tuple[str, str]:
    """Return file and class of a name.

    Examples
    --------
    >>> split_name("nets/my_nets.py:Net")
    ('nets/my_nets.py', 'Net')
    >>> split_name("my_nets.py")
    Traceback (most recent call last):
    ValueError: a class in a file is named as FILE.py:CLASS, not 'my_nets.py'
    """
    file, _, cls = name.rpartition(":")
    if not file.endswith(".py") or not cls.isidentifier():
        raise ValueError(f"a class in a file is named as FILE.py:CLASS, not {shown(name)}")
    return file, cls


def file_digest(name: str, directory: Path = Path()) -> str:
    """Return the digest of a class's file: 16 hexadecimal digits of its SHA-256.

    Parameters
    ----------
    name : str
        ``FILE.py:CLASS``.
    directory : path
        Where the file is looked for, unless its path is absolute.

    Raises
    ------
    ValueError
        If the name is no such name.
    FileNotFoundError
        If the file does not exist.
    """
    return _digest(_read(directory / split_name(name)[0]))


def load_class(name: str, directory: Path, digest: str, kind: type, article_kind: str) -> type:
    """Return a class of a file, whose code runs once in a process.

    Parameters
    ----------
    name : str
        ``FILE.py:CLASS``. The file may import what lies beside it, which goes before modules
        of the same name elsewhere, unless they were imported before. Imports inside functions
        find what lies beside the file that was run last.
    directory : path
        As for `file_digest`.
    digest : str
        What `file_digest` returned when the run began.
    kind : type
        What the class must be a subclass of.
    article_kind : str
        Its name in an error, such as ``"a torch.nn.Module"``.

    Raises
    ------
    ValueError
        If the file has changed, cannot be run, or has no such class of that kind.
    FileNotFoundError
        If the file does not exist.
    """
    file, class_name = split_name(name)
    path = directory / file
    code = _read(path)
    if _digest(code) != digest:
        raise ValueError(
            f"{named(path)} has changed since the run began: put it back as it was, or begin "
            "in another folder"
        )
    cls = getattr(_module(path, code), class_name, None)
    if cls is None:
        raise ValueError(f"{named(path)} has no class {class_name}")
    if not (inspect.isclass(cls) and issubclass(cls, kind)):
        raise ValueError(f"{class_name} in {named(path)} must be {article_kind}, not {_a(cls)}")
    return cls


def make(cls: type, arguments: dict[str, Any], name: str) -> Any:
    """Return an object of a class, made with the given keyword arguments.

    Raises
    ------
    ValueError
        If the class cannot be made with them, with the first line of its error.
    """
    try:
        return cls(**arguments)
    except Exception as error:
        # It is code of the user, which can raise anything.
        words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        raise ValueError(f"{name} cannot be made with ({words}): {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return (str(error) or type(error).__name__).splitlines()[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileNotFoundError(
            f"file {named(path)} cannot be read: {error.strerror or error}"
        ) from None


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()[:16]


def _module(path: Path, code: bytes) -> ModuleType:
    """Return the module of a file's code."""
    absolute = path.absolute()
    name = f"goldstream_file_{_digest(str(absolute).encode() + code)}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(absolute)
    # Data classes look for their module while they are made.
    sys.modules[name] = module
    try:
        with _imports_from(absolute.parent):
            exec(compile(code, module.__file__, "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(
            f"{named(path)} cannot be run: {type(error).__name__}: {first_line(error)}"
        ) from None
    return module


@contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Let imports find what lies in a folder, instead of what lies beside other files."""
    for modules in _BESIDE.values():
        for name, module in modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
    own = _BESIDE.setdefault(folder, {})
    sys.modules.update(own)
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            # Where it hides nothing, for imports inside functions.
            sys.path.append(str(folder))
        for name, module in list(sys.modules.items()):
            package = name.partition(".")[0]
            new = package in own or package not in before
            if new and _lies_in(folder, sys.modules.get(package)):
                own[name] = module


def _lies_in(folder: Path, module: ModuleType | None) -> bool:
    """Return whether a module or package was found in a folder."""
    places = getattr(module, "__path__", None) or [getattr(module, "__file__", None)]
    return any(place is not None and Path(place).parent == folder for place in places)


def _a(value: Any) -> str:
    if inspect.isclass(value):
        return f"a class of {', '.join(base.__name__ for base in value.__bases__)}"
    return f"a {type(value).__name__}"
