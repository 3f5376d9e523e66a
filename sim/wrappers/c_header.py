"""The register map of a circuit behind AXI4-Lite as a C header."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

__all__ = ["c_header"]


def c_header(name: str, summary: str, facts: dict[str, Any]) -> str:
    """Return a header of constants for C and C++.

    Parameters
    ----------
    name : str
        Of the circuit; all constants begin with it in capitals.
    summary : str
        What the circuit is.
    facts : dict
        What `rtl.wrappers.axi_lite.AxiLite.describe` returns.
    """
    prefix = name.upper()
    digest = bytes.fromhex(facts["digest"])
    expected = [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4)]
    lines = [
        *_comment(
            f"Registers of {name} behind AXI4-Lite, in bytes from its base address: "
            f"{_phrase(summary)}",
            "All registers have 32 bits. A port of several registers has its lowest bits in "
            "the first one, and its element i begins at bit i * ELEMENT_BITS.",
        ),
        f"#ifndef {prefix}_REGISTERS_H",
        f"#define {prefix}_REGISTERS_H",
        "",
        f"#define {prefix}_EXPECTED_IDENTITY 0x{int.from_bytes(b'gold', 'little'):08x}u",
        *(f"#define {prefix}_EXPECTED_DIGEST{i} 0x{expected[i]:08x}u" for i in (0, 1)),
    ]
    for register in facts["registers"]:
        lines += ["", *_comment(f"{register['access']}: {register['meaning']}")]
        lines.append(f"#define {prefix}_{register['name']} 0x{register['offset']:02x}u")
        for bit in register.get("bits", ()):
            mask = f"0x{1 << bit['bit']:x}u"
            lines += _comment(bit["meaning"])
            lines.append(f"#define {prefix}_{register['name']}_{bit['name']} {mask}")
    for port in facts["ports"]:
        lines += ["", *_comment(f"{port['access']}: {port['meaning'] or port['name']}")]
        lines += [f"#define {prefix}_PORT_{what}" for what in _port(port)]
    return "\n".join([*lines, "", "#endif", ""])


def _port(port: dict[str, Any]) -> Iterator[str]:
    name = port["name"].upper()
    yield f"{name} 0x{port['offset']:x}u"
    yield f"{name}_REGISTERS {port['bytes'] // 4}u"
    yield f"{name}_ELEMENTS {port['elements']}u"
    yield f"{name}_ELEMENT_BITS {port['width']}u"
    yield f"{name}_SIGNED {int(port['signed'])}"


def _phrase(text: str) -> str:
    """Return a text that does not end or begin a comment."""
    return text.replace("*/", "* /").replace("/*", "/ *")


def _comment(*paragraphs: str) -> list[str]:
    lines = [line for text in paragraphs for line in textwrap.wrap(_phrase(text), 90)]
    if len(lines) == 1:
        return [f"/* {lines[0]} */"]
    return ["/*", *(f" * {line}" for line in lines), " */"]
