"""Registers around the ports of a synthesized circuit, so that a router times every path."""

from __future__ import annotations

from fixedpoint.circuit import Circuit

from .targets import Target

__all__ = ["HARNESS", "harness"]

HARNESS = "goldstream_harness"


def harness(parameters: Circuit, module: str, target: Target) -> str:
    """Return Verilog with the circuit between registers of the target.

    The inputs are the bits of a shift register, and each output bit has a register that is
    kept although nothing reads it. The harness therefore has two pins for any circuit, which
    no package lacks, and its own paths go from register to register without logic: they are
    never the slowest.

    Parameters
    ----------
    parameters : Circuit
    module : str
        The circuit's module, already mapped to the target.
    target : Target
    """
    ports = [p for p in parameters.interface if p.name != "clk"]
    widths = {p.name: p.width * p.count for p in ports}
    inputs = [(p.name, i) for p in ports if p.direction == "in" for i in range(widths[p.name])]
    outputs = [(p.name, i) for p in ports if p.direction != "in" for i in range(widths[p.name])]
    clock = [".clk(clk)"] if parameters.sequential else []
    pins = ", ".join([*clock, *(f".{name}(port_{name})" for name in widths)])
    buffers = [
        target.buffer.format(name=f"{net}_buffer", pin=f"{net}_pin", net=net)
        if target.buffer
        else f"assign {net} = {net}_pin;"
        for net in ("clk", "serial")
    ]
    registers = []
    before = "serial"
    for number, (name, bit) in enumerate(inputs):
        q = f"port_{name}[{bit}]"
        registers.append(target.register.format(name=f"in_{number}", d=before, q=q))
        before = q
    for number, (name, bit) in enumerate(outputs):
        d, q = f"port_{name}[{bit}]", f"captured[{number}]"
        registers.append(target.register.format(name=f"out_{number}", d=d, q=q))
    return "\n".join(
        [
            f"module {HARNESS}(input clk_pin, input serial_pin);",
            "  wire clk, serial;",
            *(f"  {line}" for line in buffers),
            *(f"  wire [{width - 1}:0] port_{name};" for name, width in widths.items()),
            f"  wire [{max(len(outputs), 1) - 1}:0] captured;",
            f"  {module} circuit({pins});",
            *(f"  (* keep *) {line}" for line in registers),
            "endmodule",
            "",
        ]
    )
