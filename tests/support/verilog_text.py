"""The text of emitted Verilog."""

from __future__ import annotations

import re


def without_comments(text):
    """Return Verilog without comments, attributes and sensitivity lists."""
    return re.sub(r"/\*.*?\*/|\(\*.*?\*\)|always @\*", "", text)
