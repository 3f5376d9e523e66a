"""Boards whose FPGA the open tools can fill, as amaranth-boards describes them."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import re
import warnings
from typing import Any

from ..tools import require

__all__ = ["board_names", "find_board"]

# The devices of the place and route tools.
FAMILIES = ("iCE40", "LFE5")


def boards() -> dict[str, type]:
    """Return the platform classes of boards by name."""
    require("amaranth_boards", "board")
    import amaranth_boards

    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.iter_modules(amaranth_boards.__path__):
            if module.ispkg:
                continue
            members = importlib.import_module(f"{amaranth_boards.__name__}.{module.name}")
            for name, kind in inspect.getmembers(members, inspect.isclass):
                device = getattr(kind, "device", None)
                if kind.__module__ == members.__name__ and isinstance(device, str):
                    found[re.sub(r"_?Platform$", "", name).lower()] = kind
    return {
        name: kind
        for name, kind in sorted(found.items())
        if kind.device.startswith(FAMILIES)  # type: ignore[attr-defined]
    }


def board_names() -> list[str]:
    """Return the names of the boards that have a UART."""
    return [name for name, kind in boards().items() if has_uart(kind)]


def has_uart(kind: Any) -> bool:
    """Tell whether a board has a serial port."""
    return any(resource.name == "uart" for resource in kind.resources)


def find_board(name: str) -> tuple[str, Any]:
    """Return the full name of a board, and its platform.

    Parameters
    ----------
    name : str
        In small letters, with ``-`` or ``_``. Where boards come with FPGAs of several sizes,
        the name without a size is that of the largest.

    Raises
    ------
    ValueError
        If there is no such board, or it has no UART.
    """
    known = boards()
    wanted = name.lower().replace("-", "_")
    sizes = [n for n in known if re.fullmatch(rf"{re.escape(wanted)}_\d+f", n)]
    if wanted not in known and sizes:
        wanted = max(sizes, key=lambda n: int(n.rpartition("_")[2][:-1]))
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=3)
        hint = f"did you mean {' or '.join(near)}" if near else f"take {_list_of_names()}"
        raise ValueError(f"there is no board {name!r} that goldstream can fill: {hint}")
    kind = known[wanted]
    if not has_uart(kind):
        raise ValueError(
            f"board {wanted} has no pins for a UART, which the circuit needs: take "
            f"{_list_of_names()}"
        )
    return wanted, kind()


def _list_of_names() -> str:
    *names, last = board_names()
    return f"{', '.join(names)} or {last}"
