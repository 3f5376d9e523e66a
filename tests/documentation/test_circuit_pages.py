"""Pages of circuits: made from the catalogue alone, for every circuit by one function."""

import dataclasses
import re

import numpy as np
import pytest

from sim.catalog import catalog, find
from sim.report.circuit_page import circuit_page
from sim.report.evidence import Evidence
from sim.report.figures_page import figures_page
from sim.report.study_tables import StudyTable
from sim.report.timing_diagram import wave_json, wave_svg
from stochastic import Addie, Counter
from tests.support.result_folder import CHECKS, SYNTHESIS

pytest.importorskip("wavedrom")

NOTHING = Evidence()


def lanes(entry, **options):
    """Return the lines of a diagram by name."""
    return {line["name"]: line for line in wave_json(entry, **options)["signal"]}


def expanded(line):
    """Return the value of a line in each cycle; None if it is unknown."""
    data, found = iter(line.get("data", ())), []
    for mark in line["wave"]:
        if mark == ".":
            found.append(found[-1])
        else:
            found.append({"x": None, "=": None}.get(mark, mark) if mark != "=" else next(data))
    return [None if value is None else int(value) for value in found]


def test_the_diagram_shows_an_addie_of_one_bit():
    """The counter C and the words 0, 1, 0 ...: C + A - (R < C), worked out by hand."""
    bits = [0, 1, 1, 1, 0, 0, 0]
    entry = dataclasses.replace(
        find("addie"),
        default=Addie(width=1, generator=Counter(width=1)),
        stimulus=lambda *_: {"stream_in": np.array(bits).reshape(-1, 1)},
    )
    found = lanes(entry, cycles=7)
    assert list(found) == ["clk", "rst", "enable", "stream_in", "stream", "value"]
    assert found["clk"]["wave"] == "p......"
    assert (found["rst"]["wave"], found["enable"]["wave"]) == ("10.....", "1......")
    assert expanded(found["stream_in"]) == bits
    # After the reset in cycle 0 the docstring's example follows.
    assert expanded(found["value"]) == [None, 0, 1, 2, 2, 1, 0]
    assert expanded(found["stream"])[1:] == [0, 0, 1, 1, 1, 0]


def test_a_gate_has_no_clock():
    found = lanes(find("inverter"))
    (given,), (taken,) = (
        [line for name, line in found.items() if name in names]
        for names in ({p.name for p in find("inverter").default.inputs}, {"inverted", "y"})
    )
    assert [1 - bit for bit in expanded(given)] == expanded(taken)
    assert "clk" not in found


def test_the_svg_has_words_and_no_style():
    svg = wave_svg(wave_json(find("addie")))
    assert "<style" not in svg
    assert svg.count("<text") > 6
    assert set(re.findall(r'xlink:href="#([^"]+)"', svg)) <= set(
        re.findall(r' id="([^"]+)"', svg)
    )
    assert len(svg) < 40_000


def test_the_page_of_a_circuit_without_results():
    page = circuit_page(find("addie"), NOTHING)
    for text in (
        "addie\n=====",
        "ADDIE (adaptive digital element)",
        ":Latency: 1 cycle",
        "``generator.taps``",
        "     - Number n of fraction bits, 1..32: the time constant is 2^n cycles.",
        "   * - ``stream_in``\n     - input\n     - 1\n     - 0 to 1\n     - stream to follow",
        "the variance p (1 - p) / 2^n",
        "- cross-check: ``goldstream verify addie``",
        "- synthesis: ``goldstream synth addie``",
        "- accuracy: ``goldstream study circuit addie``",
        "from stochastic import Addie",
    ):
        assert text in page


def test_the_page_of_a_circuit_with_results():
    rows = [
        {"circuit": name, "length": n, "rmse": 1 / n}
        for name in ("multiplier", "addie")
        for n in (16, 64)
    ]
    studies = [StudyTable("a", rows, "goldstream study circuit multiplier")]
    evidence = Evidence(checks=CHECKS, synthesis=SYNTHESIS, studies=studies)
    page = circuit_page(find("multiplier"), evidence)
    assert "compared **1,000 output bits** of 3 parameter sets" in page
    assert "**0 mismatches**. Of 5 faults" in page
    assert "   * - ecp5\n     - 1 LUTs\n     - 0\n     - 900.5 MHz" in page
    assert page.count('<div class="curve"><svg') == 1
    assert "``goldstream study circuit multiplier`` made this figure" in page
    assert "Not measured" not in page


MANY = StudyTable(
    "accuracy",
    [
        {"circuit": name, "output": "y", "generators": g, "length": n, "rmse": rmse}
        for name, kinds in (("multiplier", ("lfsr", "sobol")), ("cordiv", ("sobol#0",)))
        for g in kinds
        for n, rmse in ((16, 0.25), (256, 0.03125 if g == "lfsr" else 0.0625))
    ],
    "goldstream study circuit CIRCUIT --generators lfsr,sobol --out CIRCUIT",
)


def test_a_table_of_many_circuits_has_the_command_of_each():
    own = MANY.of_circuit("cordiv")
    assert own.command == "goldstream study circuit cordiv --generators 'sobol#0' --out cordiv"
    assert [row["length"] for row in own.rows] == [16, 256]
    assert MANY.of_circuit("multiplier").command == (
        "goldstream study circuit multiplier --generators lfsr,sobol --out multiplier"
    )
    assert MANY.of_circuit("addie") is None


def test_standard_cells_have_square_micrometres_and_energy():
    row = {
        "name": "addie",
        "target": "osu018",
        "area_um2": 5102.5,
        "ff": 17,
        "fmax_mhz": 1234.5,
    }
    row |= {"power_mw": 0.5, "energy_pj": 5.0, "period_ns": 10.0, "workload": "random bits"}
    page = circuit_page(find("addie"), Evidence(synthesis=[row]))
    assert (
        "   * - osu018\n     - 5,102.5 µm²\n     - 17\n     - 1,234 MHz\n"
        "     - 0.5 mW (10 ns a cycle, random bits)\n     - 5 pJ a cycle\n"
    ) in page


def test_one_page_has_the_figures_of_all_circuits():
    row = {"name": "multiplier", "target": "osu018", "area_um2": 32.0, "energy_pj": 0.0142}
    evidence = Evidence(checks=CHECKS, synthesis=[*SYNTHESIS, row], studies=[MANY])
    page = figures_page([find("multiplier"), find("lfsr"), find("cordiv")], evidence)
    rows = [part.split("\n     -") for part in page.split("   * -")[2:]]
    first, second, third = ([cell.strip() for cell in cells] for cells in rows)
    assert first == [
        *(":doc:`multiplier`", "1,000", "5 of 5", "1", "0", "0", "900", "32"),
        *("", "0.0142", "0.0312"),
    ]
    assert second == [":doc:`lfsr`", "9", "5 of 5", *[""] * 8]
    assert third == [":doc:`cordiv`", *[""] * 9, "0.0625"]


@pytest.mark.slow
def test_circuits_of_all_kinds_have_a_page_of_all_parts():
    """The build makes all of them; a tenth of the catalogue is of every kind."""
    for entry in catalog()[::10]:
        page = circuit_page(entry, NOTHING)
        for heading in ("Parameters", "Ports", "Timing", "Evidence", "Take it away"):
            assert f"\n{heading}\n{'-' * len(heading)}\n" in page, (entry.name, heading)
        for port in entry.default.interface:
            assert f"   * - ``{port.name}``\n" in page
