"""Ports of a circuit as bytes: the one layout of words on a stream, of registers, of a UART."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Port

__all__ = ["Field", "field_bits", "lay_out", "size_of"]


@dataclasses.dataclass(frozen=True)
class Field:
    """The bytes of a port.

    Its lowest bit is bit 0 of the first byte, and element i of w bits begins at bit i*w, as on
    the port. Of the last byte's unused bits, those of a signed output with one element repeat
    its sign. All others are 0 in outputs and ignored in inputs.

    Attributes
    ----------
    port : Port
    offset, size : int
        The first byte, and the number of bytes.
    """

    port: Port
    offset: int
    size: int

    @property
    def bits(self) -> int:
        """The bits of the port."""
        return self.port.width * self.port.count

    @property
    def signed(self) -> bool:
        """Whether unused bits of an output repeat the sign."""
        return self.port.signed and self.port.count == 1

    @property
    def title(self) -> str:
        """The port's name and shape, for a comment."""
        kind = "signed" if self.port.signed else "unsigned"
        one = "1 bit" if self.port.width == 1 else f"{self.port.width} bits, {kind}"
        size = one if self.port.count == 1 else f"{self.port.count} elements of {one}"
        return f"{self.port.name}, {size}"

    def describe(self) -> dict[str, Any]:
        """Return the field as JSON values."""
        return {
            "name": self.port.name,
            "offset": self.offset,
            "bytes": self.size,
            "width": self.port.width,
            "elements": self.port.count,
            "signed": self.port.signed,
            "meaning": self.port.meaning,
        }


def lay_out(ports: Sequence[Port], alignment: int = 1, start: int = 0) -> tuple[Field, ...]:
    """Return the bytes of ports, one after the other.

    Parameters
    ----------
    ports : sequence of Port
    alignment : int
        Each port begins at a multiple of so many bytes and fills whole groups of them.
    start : int
        The first byte, a multiple of `alignment`.

    Examples
    --------
    >>> ports = [Port.input("a", 9), Port.input("b"), Port.input("c", 4, count=3)]
    >>> [(field.offset, field.size) for field in lay_out(ports)]
    [(0, 2), (2, 1), (3, 2)]
    >>> [(field.offset, field.size) for field in lay_out(ports, alignment=4)]
    [(0, 4), (4, 4), (8, 4)]
    """
    fields = []
    for port in ports:
        size = -(-port.width * port.count // (8 * alignment)) * alignment
        fields.append(Field(port, start, size))
        start += size
    return tuple(fields)


def size_of(fields: Sequence[Field]) -> int:
    """Return the bytes of a word with these fields; a word has at least one."""
    return max(1, sum(field.size for field in fields))


def field_bits(field: Field, value: Any) -> Any:
    """Return the bits of a field, given the signal of its port in hardware."""
    from amaranth.hdl import Cat, Const

    bits = value.as_value()[: field.bits] if hasattr(value, "as_value") else value
    unused = 8 * field.size - field.bits
    if not unused:
        return Cat(bits)
    top = bits[field.bits - 1]
    return Cat(bits, top.replicate(unused) if field.signed else Const(0, unused))
