"""Emitted Verilog as a stranger reads it: header, order of ports, names, no warnings."""

import hashlib
import re
import subprocess

import pytest

import rtl
from sim.catalog import catalog, find
from sim.tools import environment, find_simulator, simulators

pytestmark = pytest.mark.simulator

every_entry = pytest.mark.parametrize("name", [entry.name for entry in catalog()])


@pytest.fixture(scope="module")
def texts():
    return rtl.to_verilog_many({entry.name: entry.default for entry in catalog()})


def module_ports(text):
    """Return the name and the ports of each module in a text."""
    found = re.findall(r"^module (\S+?)\((.*?)\);", text, re.MULTILINE | re.DOTALL)
    return {name: re.split(r",\s+", ports.strip()) for name, ports in found}


def faults(text, name, circuit):
    """Return what is wrong with a text: its header, its ports and its names."""
    header, _, body = text.partition("/* verilator")
    body = "/* verilator" + body
    wrong = []
    if not all(line.startswith("//") for line in header.splitlines()):
        wrong.append("header")
    if re.search("^//", body, re.MULTILINE):
        wrong.append("comment in the body")
    comments = [line.removeprefix("//").strip() for line in header.splitlines()]
    words = " ".join(comments)
    if not words.startswith(f"{name}: {circuit.summary}"):
        wrong.append("summary")
    if hashlib.sha256(body.encode()).hexdigest() not in comments:
        wrong.append("digest")
    for port in circuit.interface:
        flow = "input" if port.direction == "in" else "output"
        low, high = port.range
        if not re.search(rf" {port.name}, {flow}, .*?{re.escape(port.meaning)}", words):
            wrong.append(f"meaning of {port.name}")
        if port.width > 1 and f"{low}..{high}" not in words:
            wrong.append(f"range of {port.name}")
        part = "i" if port.width == 1 else f"i*{port.width} +: {port.width}"
        if port.count > 1 and f"element i is {port.name}[{part}]" not in comments:
            wrong.append(f"order of {port.name}")
    for part in ("Latency: ", "SPDX-License-Identifier: BSD-2-Clause", "goldstream "):
        if part not in words:
            wrong.append(part)
    ports = module_ports(body)
    if ports.get(name) != [port.name for port in circuit.interface]:
        wrong.append("order of ports")
    code = re.sub(r"\$(signed|unsigned)\b", "", body)
    if "$" in code or "\\" in code:
        wrong.append("names")
    for inside in ports.values():
        control = [port for port in inside if port in ("clk", "rst", "enable")]
        if control != inside[: len(control)]:
            wrong.append("control after data")
    return wrong


@every_entry
def test_header_ports_and_names(name, texts):
    assert faults(texts[name], name, find(name).default) == []
    assert texts[name].isascii()
    assert max(map(len, texts[name].split("/* verilator")[0].split("\n"))) <= 96


def test_what_is_wrong_is_found(texts):
    circuit = find("mac").default
    text = texts["mac"]
    for before, after, fault in (
        ("(clk, rst, enable, load", "(rst, clk, enable, load", "order of ports"),
        ("// SPDX", "SPDX", "header"),
        ("1'h0", "1'h1", "digest"),
        ("first factor", "factor", "meaning of a"),
        ("-32768..32767", "-32767..32767", "range of a"),
        ("sum_next", "\\$1 ", "names"),
    ):
        assert text.count(before), before
        assert fault in faults(text.replace(before, after), "mac", circuit)


@every_entry
@pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")
def test_icarus_reads_it_without_warnings(name, texts, tmp_path):
    file = tmp_path / f"{name}.v"
    file.write_text(texts[name])
    command = [str(find_simulator("icarus")), "-g2001", "-Wall", "-Wno-timescale"]
    done = subprocess.run(
        [*command, "-t", "null", "-s", name, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["addie", "bfloat16_momentum_sgd", "conv_line", "lfsr"])
@pytest.mark.skipif("verilator" not in simulators(), reason="Verilator is not installed")
def test_verilator_reads_it_without_warnings(name, texts, tmp_path):
    def warnings(text):
        file = tmp_path / f"{name}.v"
        file.write_text(text)
        command = [str(find_simulator("verilator")), "--lint-only", str(file)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment()
        )
        return re.findall(r"^%\S+", done.stdout + done.stderr, re.MULTILINE)

    assert warnings(texts[name]) == []
    assert "%Warning-INITIALDLY:" in warnings(texts[name].replace("lint_off INITIALDLY", ""))


@pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")
def test_outputs_are_known_at_time_0_in_either_standard(tmp_path, texts):
    """A block whose inputs never change is evaluated too."""
    bench = """module bench;
  wire y;
  bernstein_polynomial dut(.clk(1'b0), .rst(1'b0), .enable(1'b0), .x(4'b0), .y(y));
  initial #1 $display("%b", y);
endmodule
"""
    width = find("bernstein_polynomial").default.degree
    (tmp_path / "bench.v").write_text(bench.replace("4'b0", f"{width}'b0"))
    (tmp_path / "dut.v").write_text(texts["bernstein_polynomial"])
    program = str(find_simulator("icarus"))
    for standard in ("-g2001", "-g2012"):
        command = [program, standard, "-s", "bench", "-o", "out", "bench.v", "dut.v"]
        subprocess.run(command, cwd=tmp_path, check=True)
        done = subprocess.run(
            ["./out"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() in ("0", "1"), standard


def test_names_of_the_source_stay():
    text = rtl.to_verilog(find("addie").default, "addie")
    assert list(module_ports(text)) == [
        "addie",
        "addie__integrator",
        "addie__integrator__generator",
    ]
    assert "reg [8:0] value = 9'h000;" in text
    assert "    value <= value_next;" in text
    assert "  assign decrement = word < value;" in text


def test_ports_without_a_name_of_their_own_get_one():
    text = rtl.to_verilog(find("conv_line").default, "conv_line")
    ports = module_ports(text)["conv_line__dot_product"]
    assert ports[:3] == ["clk", "rst", "enable"]
    assert {"line_15_0", "line_127_104", "line_239_216", "pixel"} < set(ports)
