"""A user's own Verilog in place of an emitted circuit: its ports, and how ours reach them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fixedpoint.circuit import Circuit, Port

from .bench import Run
from .module_ports import ModulePort, read_module

__all__ = ["ADAPTER", "UserVerilog", "read_verilog"]

# The module around the user's that has the ports of the circuit.
ADAPTER = "goldstream_adapter"

# Modules that stand around the user's.
RESERVED = {"bench", "circuits", ADAPTER}

# What an input without a counterpart may be, and how many of its bits are set.
CONSTANTS = {"0": "'0", "1": "'1"}


@dataclasses.dataclass(frozen=True)
class UserVerilog:
    """A module of a user's, with the ports of a circuit.

    Attributes
    ----------
    files : tuple of pathlib.Path
    top : str
        The module.
    text : str
        What the preprocessor makes of the files.
    pins : dict of str to str
        For each port of the module, the name of the circuit's port, or that name behind ``~``,
        or the constant 0 or 1, that drives it or that it drives.
    given : tuple of str
        The assignments of ports that the user gave, each ``ours=theirs``.
    without : tuple of str
        Which of rst and enable the module does not have.
    """

    files: tuple[Path, ...]
    top: str
    text: str
    pins: dict[str, str]
    given: tuple[str, ...]
    without: tuple[str, ...]

    @property
    def options(self) -> list[str]:
        """The options of the command line that give this Verilog."""
        options = [word for path in self.files for word in ("--verilog", str(path))]
        options += ["--top", self.top]
        return options + [word for port in self.given for word in ("--port", port)]

    def adapter(self, parameters: Circuit) -> str:
        """Return the Verilog with a module `ADAPTER` that has the ports of the circuit."""
        ports = parameters.interface
        pins = ", ".join(f".{theirs}({_driver(ours)})" for theirs, ours in self.pins.items())
        lines = [
            "`resetall",
            f"module {ADAPTER}({', '.join(port.name for port in ports)});",
            *(f"  {port.direction}put [{_bits(port) - 1}:0] {port.name};" for port in ports),
            f"  {self.top} dut({pins});",
            "endmodule",
            "",
        ]
        return self.text + "\n".join(lines)

    def drive(self, run: Run) -> Run:
        """Return a run without the resets or pauses that the module does not know."""
        return Run(
            run.inputs,
            np.ones_like(run.enable) if "enable" in self.without else run.enable,
            np.zeros_like(run.rst) if "rst" in self.without else run.rst,
        )


def read_verilog(
    parameters: Circuit,
    files: Sequence[Path],
    top: str,
    ports: Sequence[str] = (),
    simulator: str = "verilator",
) -> UserVerilog:
    """Read a user's Verilog and find the ports of a circuit in it.

    Parameters
    ----------
    parameters : Circuit
        The circuit that the module implements.
    files : sequence of pathlib.Path
        Verilog or SystemVerilog. Files that they include lie beside them.
    top : str
        The module.
    ports : sequence of str
        ``ours=theirs`` for each port with another name: ``rst=~rst_n`` for a reset that is
        active at 0, ``enable=`` for a module without that port, and ``0=test`` for an input
        that is to be 0.
    simulator : {"verilator", "icarus"}
        Whose compiler reads the text. The ports are read by Verilator.

    Raises
    ------
    ValueError
        If there is no such file or module, or a port is missing, unknown, or of another width.
    ToolError
        If the text does not compile; the message has the compiler's first error.
    """
    module = read_module(files, top, simulator)
    taken = sorted(module.names & RESERVED)
    if taken:
        raise ValueError(f"a module may not be called {taken[0]} here: give it another name")
    pins, without = _join(parameters, top, module.ports, ports)
    return UserVerilog(tuple(files), top, module.text, pins, tuple(ports), without)


def _bits(port: Port) -> int:
    return port.width * port.count


def _driver(ours: str) -> str:
    return CONSTANTS.get(ours, ours)


def _join(
    parameters: Circuit, top: str, theirs: Mapping[str, ModulePort], given: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what drives or is driven by each of their ports, and which of ours they lack."""
    ours = {port.name: port for port in parameters.interface}
    names = {name: name for name in ours}
    pins: dict[str, str] = {}
    for assignment in given:
        name, equals, other = assignment.partition("=")
        if not equals or not name:
            raise ValueError(f"--port takes OURS=THEIRS such as rst=reset, not {assignment!r}")
        if name in CONSTANTS:
            _check_input(top, other, theirs)
            pins[other] = name
        elif name not in ours:
            raise ValueError(f"the circuit has no port {name}: it has {', '.join(ours)}")
        else:
            names[name] = other
    without = tuple(name for name in ("rst", "enable") if names.get(name) == "")
    for name, port in ours.items():
        if name in without:
            continue
        inverted = names[name].startswith("~")
        other = names[name].removeprefix("~")
        _check_pair(top, other, theirs, port)
        if inverted and port.direction == "out":
            raise ValueError(f"--port {name}={names[name]} inverts an output, not an input")
        if other in pins:
            raise ValueError(f"port {other} of {top} is assigned twice")
        pins[other] = f"~{name}" if inverted else name
    for name, known in theirs.items():
        if known.direction == "in" and name not in pins:
            raise ValueError(
                f"input {name} of {top} is none of the circuit's: assign a constant to it by "
                f"--port 0={name} or --port 1={name}"
            )
    return pins, without


def _check_input(top: str, name: str, theirs: Mapping[str, ModulePort]) -> None:
    if name not in theirs or theirs[name].direction != "in":
        inputs = ", ".join(n for n, port in theirs.items() if port.direction == "in")
        raise ValueError(f"{top} has no input {name}: it has {inputs or 'none'}")


def _check_pair(top: str, name: str, theirs: Mapping[str, ModulePort], ours: Port) -> None:
    """Check that the port `name` of theirs is there and has the shape of ours."""
    if name not in theirs:
        put = f"{ours.direction}put"
        known = ", ".join(n for n, p in theirs.items() if p.direction == ours.direction)
        raise ValueError(
            f"{top} has no {put} {name}: it has {known or f'no {put}s'}; "
            f"--port {ours.name}=THEIRS says which one is {ours.name}"
        )
    if theirs[name].direction != ours.direction:
        raise ValueError(f"port {name} of {top} must be an {ours.direction}put")
    if theirs[name].bits != _bits(ours):
        raise ValueError(
            f"port {name} of {top} must have {_bits(ours)} bits, not {theirs[name].bits}"
        )
