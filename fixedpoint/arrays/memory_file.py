"""Memory files in the format of Verilog's ``$readmemh``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..circuit.checks import shown
from ..circuit.files import read_text, writing

__all__ = ["read", "write"]

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def write(path: str | os.PathLike[str], words: NDArray[Any], width: int) -> None:
    """Write unsigned words, one a line, with the digits that `width` bits need.

    The file is replaced only when it is complete.
    """
    digits = (width + 3) // 4
    text = "".join(f"{int(word):0{digits}x}\n" for word in words)
    with writing(Path(path)) as file:
        file.write(text)


def read(path: str | os.PathLike[str]) -> list[int]:
    """Return the words of a memory file.

    Raises
    ------
    ValueError
        If it cannot be read, an item is not a hexadecimal word, or an address leaves a gap.
    """
    words: list[int] = []
    for item in _COMMENT.sub(" ", read_text(Path(path), "ascii")).split():
        digits = item.removeprefix("@").replace("_", "")
        if not re.fullmatch("[0-9a-fA-F]+", digits):
            raise ValueError(f"a memory file holds hexadecimal words, not {shown(item)}")
        if not item.startswith("@"):
            words.append(int(digits, 16))
        elif int(digits, 16) != len(words):
            raise ValueError(
                f"a memory file's addresses must follow on: "
                f"{item} stands where word {len(words)} is due"
            )
    return words
