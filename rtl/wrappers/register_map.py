"""The registers of a circuit behind AXI4-Lite: addresses, access and meaning."""

from __future__ import annotations

import dataclasses
from typing import Any

from fixedpoint.circuit import Circuit

from .layout import Field, lay_out

__all__ = ["IDENTITY", "MAP_VERSION", "Register", "RegisterMap"]

# "gold" in ASCII, its first letter in the lowest byte, and the version of this map.
IDENTITY = int.from_bytes(b"gold", "little")
MAP_VERSION = 1

# Ports of the circuit begin here; what is below does not depend on it.
FIRST_PORT = 0x40


@dataclasses.dataclass(frozen=True)
class Register:
    """One register of 32 bits.

    Attributes
    ----------
    name : str
    offset : int
        Bytes from the base address.
    access : {"read", "write", "read-write"}
    meaning : str
    bits : tuple of (str, int, str)
        Name, number and meaning of the bits that are fields of their own.
    """

    name: str
    offset: int
    access: str
    meaning: str
    bits: tuple[tuple[str, int, str], ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the register as JSON values."""
        found: dict[str, Any] = {
            "name": self.name,
            "offset": self.offset,
            "access": self.access,
            "meaning": self.meaning,
        }
        if self.bits:
            found["bits"] = [
                {"name": name, "bit": bit, "meaning": meaning}
                for name, bit, meaning in self.bits
            ]
        return found


REGISTERS = (
    Register("IDENTITY", 0x00, "read", f"{IDENTITY:#010x}, which is gold in ASCII"),
    Register("MAP_VERSION", 0x04, "read", f"version of this map, {MAP_VERSION}"),
    Register("DIGEST0", 0x08, "read", "digest of the circuit's Verilog, its first 4 bytes"),
    Register("DIGEST1", 0x0C, "read", "the next 4 bytes; the first one is the lowest"),
    Register(
        "CONTROL",
        0x10,
        "read-write",
        "what the circuit does",
        (
            ("RUN", 0, "the circuit is enabled in every clock cycle while this is 1"),
            ("RESET", 1, "writing 1 resets the circuit and CYCLES, and ends RUN and STEPS"),
        ),
    ),
    Register("STEPS", 0x14, "read-write", "cycles that are left; a write enables so many"),
    Register(
        "STATUS",
        0x18,
        "read",
        "whether the circuit is at work",
        (("BUSY", 0, "the circuit is enabled in this clock cycle"),),
    ),
    Register("CYCLES", 0x1C, "read", "enabled cycles since the reset, modulo 2^32"),
)


@dataclasses.dataclass(frozen=True)
class RegisterMap:
    """The registers of one circuit.

    Attributes
    ----------
    registers : tuple of Register
        What every circuit has.
    inputs, outputs : tuple of Field
        The ports of the circuit, in whole registers of 32 bits each.
    address_bits : int
        Width of the address of the whole map.
    """

    registers: tuple[Register, ...]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]

    @classmethod
    def of(cls, parameters: Circuit) -> RegisterMap:
        """Return the map of a circuit: its inputs, then its outputs."""
        inputs = lay_out(parameters.inputs, 4, FIRST_PORT)
        begin = FIRST_PORT + sum(field.size for field in inputs)
        return cls(REGISTERS, inputs, lay_out(parameters.outputs, 4, begin))

    @property
    def address_bits(self) -> int:
        """Width of an address."""
        end = FIRST_PORT + sum(field.size for field in (*self.inputs, *self.outputs))
        return (end - 1).bit_length()

    def describe(self) -> dict[str, Any]:
        """Return the map as JSON values."""
        ports = (("read-write", self.inputs), ("read", self.outputs))
        return {
            "wrapper": "axi-lite",
            "data_bits": 32,
            "address_bits": self.address_bits,
            "registers": [register.describe() for register in self.registers],
            "ports": [
                {**field.describe(), "access": access}
                for access, fields in ports
                for field in fields
            ],
        }
