"""OpenSTA: the clock and the power of a netlist of standard cells."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from ..tools import ToolError, run_tool
from .activity import Activity
from .exact_power import gate_outputs, power_library, power_netlist

__all__ = ["PROGRAM", "Timing", "time_netlist"]

PROGRAM = "sta"

# Nanoseconds of the clock period at which slack is asked for. OpenSTA computes it in 32 bits,
# so a path's delay, the period less its slack, is exact only for a period of its size.
TIMED_PERIOD = 10.0

# Without a clock port the clock is a virtual one, which times paths from inputs to outputs.
CONSTRAINTS = """link_design {module}
create_clock -name clk -period {period} {pin}
set inputs {{}}
foreach port [all_inputs] {{ if {{[get_name $port] != "clk"}} {{ lappend inputs $port }} }}
if {{$inputs != ""}} {{ set_input_delay 0 -clock clk $inputs }}
set_output_delay 0 -clock clk [all_outputs]
"""

TIMING = f"""read_liberty cells.lib
read_verilog netlist.v
{CONSTRAINTS}puts "goldstream slack"
report_worst_slack -digits 6
"""

WORK = f"""read_liberty power.lib
read_verilog power.v
{CONSTRAINTS}proc activity {{{{pin rate duty}}}} {{{{
  set found [sta::find_pin $pin]
  if {{{{$found == "NULL" || $found == ""}}}} {{{{ error "there is no pin $pin" }}}}
  sta::set_power_pin_activity $found $rate $duty
}}}}
source activity.tcl
puts "goldstream power"
report_power -digits 9
"""

SLACK = re.compile(r"goldstream slack\s+worst slack (\S+)")
POWER = re.compile(r"goldstream power.*?^Total((?: +\S+){4})", re.DOTALL | re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Timing:
    """What static timing analysis says about a netlist.

    Attributes
    ----------
    fmax_mhz : float or None
        The highest frequency of the clock; None if no path has a delay.
    power_mw : float
        Internal, switching and leakage power together.
    switching_mw, leakage_mw : float
        The parts of it that charge nets, and that flow at rest.
    """

    fmax_mhz: float | None
    power_mw: float
    switching_mw: float
    leakage_mw: float


def time_netlist(
    folder: Path,
    module: str,
    activity: Activity,
    period: float,
    clocked: bool,
    limit: float | None = None,
) -> Timing:
    """Find the highest clock of a netlist, and its power with the activity of every net.

    Parameters
    ----------
    folder : pathlib.Path
        With ``netlist.v`` and ``cells.lib``.
    module : str
    activity : Activity
        Its transitions are per clock cycle, so they are right for any period.
    period : float
        Nanoseconds of the clock cycle that the power is asked for.
    clocked : bool
        Whether there is a port ``clk``.
    limit : float, optional
        Seconds of processor time.

    Raises
    ------
    ToolError
        If OpenSTA fails or does not print what is expected.
    """
    pin = "[get_ports clk]" if clocked else ""
    settings = {"module": module, "pin": pin}
    script = TIMING.format(period=TIMED_PERIOD, **settings)
    timing = _run(folder, "timing.tcl", script, limit)
    library = (folder / "cells.lib").read_text()
    netlist, ports = power_netlist(
        (folder / "netlist.v").read_text(), module, gate_outputs(library)
    )
    (folder / "power.lib").write_text(power_library(library))
    (folder / "power.v").write_text(netlist)
    # OpenSTA 2.0 has the command for the activity of pins, but the one that it offers to users
    # does not reach it.
    lines = [
        f"activity {{{ports.get(name, name)}}} {rate:.9g} {duty:.9g}\n"
        for name, (rate, duty) in activity.pins.items()
    ]
    (folder / "activity.tcl").write_text("".join(lines))
    output = _run(folder, "power.tcl", WORK.format(period=period, **settings), limit)
    power = POWER.search(output)
    if power is None:
        raise ToolError("OpenSTA failed: it printed no power")
    _, switching, leakage, total = map(float, power[1].split())
    slack = SLACK.search(timing)
    delay = None if slack is None else TIMED_PERIOD - float(slack[1])
    return Timing(
        fmax_mhz=1000 / delay if delay else None,
        power_mw=total * 1000,
        switching_mw=switching * 1000,
        leakage_mw=leakage * 1000,
    )


def _run(folder: Path, name: str, script: str, limit: float | None) -> str:
    """Return what OpenSTA prints about a script."""
    (folder / name).write_text(script)
    output = run_tool([PROGRAM, "-no_splash", "-exit", name], folder, limit)
    error = next((line for line in output.splitlines() if "Error" in line), None)
    if error is not None:
        raise ToolError(f"OpenSTA failed: {error}")
    return output
