"""OpenSTA's clock and power of a netlist by hand, against the formula of switching."""

import re
import shutil

import pytest

from sim.synthesis.activity import Activity
from sim.synthesis.assignments import single_bits
from sim.synthesis.exact_power import gate_outputs
from sim.synthesis.static_timing import time_netlist
from sim.synthesis.tools import osu018_library
from sim.tools import ToolError

pytestmark = pytest.mark.skipif(
    shutil.which("sta") is None or osu018_library() is None,
    reason="opensta or qflow-tech-osu018 is not installed",
)

# A register that inverts itself: the divider by two, whose output changes in every cycle.
DIVIDER = """module divider(clk, q);
  input clk; output q; wire clk; wire q; wire d;
  DFFPOSX1 state(.CLK(clk), .D(d), .Q(q));
  INVX1 invert(.A(q), .Y(d));
endmodule
"""
EVERY_CYCLE = {"state/Q": (1.0, 0.5), "invert/Y": (1.0, 0.5)}


def power(folder, pins, period=10.0):
    (folder / "cells.lib").write_bytes(osu018_library().read_bytes())
    (folder / "netlist.v").write_text(DIVIDER)
    return time_netlist(folder, "divider", Activity(pins, {}, 1), period, True)


def capacitance(cell, pin):
    """Return the capacitance of an input pin in picofarads, as the library's text has it."""
    text = osu018_library().read_text()
    body = text[text.index(f"cell ({cell})") :]
    body = body[body.index(f"pin({pin})") :]
    return float(re.search(r"capacitance : (\S+);", body)[1])


def test_switching_power_is_half_of_c_v_squared_a_transition(tmp_path):
    load = capacitance("INVX1", "A") + capacitance("DFFPOSX1", "D")
    each = 0.5 * load * 1e-12 * 1.8**2 / 10e-9 * 1e3
    for rate in (0.0, 0.25, 1.0):
        found = power(tmp_path, dict.fromkeys(EVERY_CYCLE, (rate, 0.5)))
        assert found.switching_mw == pytest.approx(rate * each, rel=1e-3, abs=1e-12)
        # The cells themselves take more, and the clock turns at rest, too.
        assert found.power_mw > found.switching_mw + found.leakage_mw


# Two inputs, a register in a loop, and gates whose activity does not follow from them.
GATES = """module gates(clk, a, b, q, y);
  input clk; input a; input b; output q; output y; wire d; wire e;
  DFFPOSX1 state (
    .CLK(clk),
    .D(d),
    .Q(q)
  );
  NAND2X1 join (
    .A(a),
    .B(q),
    .Y(d)
  );
  INVX1 first (
    .A(b),
    .Y(e)
  );
  INVX1 last (
    .A(e),
    .Y(y)
  );
endmodule
"""
# What each net charges: the input pins that it reaches.
LOADS = {
    "state/Q": [("NAND2X1", "B")],
    "join/Y": [("DFFPOSX1", "D")],
    "first/Y": [("INVX1", "A")],
    "last/Y": [],
}
STILL = dict.fromkeys(("a", "b", *LOADS), (0.0, 0.5))


def power_of_gates(folder, rates):
    pins = STILL | {pin: (rate, 0.5) for pin, rate in rates.items()}
    (folder / "cells.lib").write_bytes(osu018_library().read_bytes())
    (folder / "netlist.v").write_text(GATES)
    return time_netlist(folder, "gates", Activity(pins, {}, 1), 10.0, True)


def test_every_net_has_the_activity_that_is_given(tmp_path):
    """OpenSTA itself computes those behind gates anew; each is told apart here."""
    load = {pin: sum(capacitance(*end) for end in ends) for pin, ends in LOADS.items()}
    assert power_of_gates(tmp_path, {}).switching_mw == 0
    for rates in (*({pin: 1.0} for pin in LOADS), {"join/Y": 0.25, "first/Y": 0.5}, {"a": 1.0}):
        expected = sum(
            0.5 * rate * load.get(pin, 0) * 1e-12 * 1.8**2 / 10e-9 * 1e3
            for pin, rate in rates.items()
        )
        found = power_of_gates(tmp_path, rates)
        assert found.switching_mw == pytest.approx(expected, rel=1e-3, abs=1e-12)


def energy_table(cell, group):
    """Return a table of energies of a cell's output, as the library's text has it."""
    text = osu018_library().read_text()
    body = text[text.index(f"cell ({cell})") :]
    body = body[body.index("internal_power()") :]
    body = body[body.index(group) :]
    first, second, values = re.findall(r"\(\s*\\?\s*(\"[^;]*\")\);", body)[:3]
    axes = [[float(x) for x in re.findall(r"[\d.]+", axis)] for axis in (first, second)]
    rows = [[float(x) for x in re.findall(r"[\d.]+", row)] for row in values.split("\\")]
    return axes[0], axes[1], [row for row in rows if row]


def at_no_slope(cell, group, load):
    """Extrapolate a table to inputs without a slope, from its first two rows and columns."""
    loads, slopes, values = energy_table(cell, group)
    weight = (load - loads[0]) / (loads[1] - loads[0])
    columns = [(1 - weight) * values[0][j] + weight * values[1][j] for j in (0, 1)]
    return columns[0] - slopes[0] * (columns[1] - columns[0]) / (slopes[1] - slopes[0])


def test_a_transition_takes_the_mean_energy_of_rising_and_falling(tmp_path):
    still, moving = (power_of_gates(tmp_path, {"first/Y": rate}) for rate in (0.0, 1.0))
    load = capacitance("INVX1", "A")
    energy = [at_no_slope("INVX1", f"{edge}_power", load) for edge in ("rise", "fall")]
    internal = moving.power_mw - moving.switching_mw - still.power_mw
    # Picojoules in each cycle of 10 ns.
    assert internal == pytest.approx(sum(energy) / 2 / 10, rel=0.02)


def test_the_gates_of_a_library():
    gates = gate_outputs(osu018_library().read_text())
    assert (gates["NAND2X1"], gates["FAX1"]) == (("Y",), ("YC", "YS"))
    assert "DFFPOSX1" not in gates and "LATCH" not in gates


def test_power_falls_with_the_period_and_the_clock_does_not(tmp_path):
    fast, slow = (power(tmp_path, EVERY_CYCLE, period) for period in (10.0, 20.0))
    dynamic = [timing.power_mw - timing.leakage_mw for timing in (fast, slow)]
    assert dynamic[0] == pytest.approx(2 * dynamic[1], rel=1e-4)
    assert fast.leakage_mw == slow.leakage_mw
    for period in (0.001, 20.0, 1e6):
        assert power(tmp_path, EVERY_CYCLE, period).fmax_mhz == fast.fmax_mhz


# Outputs that are constant or equal to another one, as Yosys writes them.
CONSTANTS = """module divider(clk, q, y);
  input clk; wire clk; wire d;
  output q;
  output [3:0] y;
  wire q;
  wire [3:0] y;
  DFFPOSX1 state(.CLK(clk), .D(d), .Q(q));
  INVX1 invert(.A(q), .Y(d));
  assign y[0] = q;
  assign { y[3:2], y[1] } = { 2'b10, y[0] };
endmodule
"""


def test_assignments_to_several_bits_are_split(tmp_path):
    text = single_bits(CONSTANTS)
    lines = [line.strip() for line in text.splitlines() if "assign" in line]
    assert lines == [
        "assign y[0] = q;",
        "assign y[3] = 1'b1;",
        "assign y[2] = 1'b0;",
        "assign y[1] = y[0];",
    ]
    (tmp_path / "cells.lib").write_bytes(osu018_library().read_bytes())
    activity = Activity(EVERY_CYCLE, {}, 1)
    (tmp_path / "netlist.v").write_text(text)
    assert time_netlist(tmp_path, "divider", activity, 10.0, True).fmax_mhz > 100
    # OpenSTA does not read them as Yosys writes them.
    (tmp_path / "netlist.v").write_text(CONSTANTS)
    with pytest.raises(ToolError, match="^OpenSTA failed: .*syntax error, unexpected '{'"):
        time_netlist(tmp_path, "divider", activity, 10.0, True)


def test_whole_wires_have_the_bits_of_their_declaration():
    text = "  output [1:0] y;\n  wire [3:2] w;\n  assign { y, z } = { w, 1'b1 };\n"
    assert single_bits(text).splitlines()[2:] == [
        "  assign y[1] = w[3];",
        "  assign y[0] = w[2];",
        "  assign z = 1'b1;",
    ]
    with pytest.raises(ValueError, match="^the netlist assigns .1'bx., which is no wire"):
        single_bits("  assign { y, z } = { 1'bx, 1'b1 };\n")


def test_an_error_of_the_tool_is_told(tmp_path):
    with pytest.raises(ToolError, match="^OpenSTA failed: .*there is no pin nowhere/Q"):
        power(tmp_path, {"nowhere/Q": (1.0, 0.5)})
