"""A user's own Verilog against the golden model of a circuit."""

import json

import pytest
from typer.testing import CliRunner

from sim import verify_verilog
from sim.cli import app
from sim.simulation.user_verilog import read_verilog
from sim.tools import ToolError, simulators
from stochastic import Addie, Lfsr, Multiplier
from tests.support.hand_written import ADDIE, FAULTY_ADDIE

CIRCUIT = Addie(width=8, generator=Lfsr(width=8))
SIMULATORS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(name not in simulators(), reason=f"{name} is not installed"),
    )
    for name in ("verilator", "icarus")
]

# The same ADDIE with other names, an active-low reset, no enable, and an input for tests.
RENAMED = (
    ADDIE.replace("rst", "rst_n")
    .replace("if (rst_n)", "if (!rst_n)")
    .replace("  input  wire       enable,\n", "  input  wire       scan,\n")
    .replace("else if (enable)", "else if (!scan)")
    .replace("stream_in", "bit_in")
)
RENAMED_PORTS = ("rst=~rst_n", "enable=", "0=scan", "stream_in=bit_in")


LESS = "module less(input [7:0] r, input [8:0] c, output y); assign y = r < c; endmodule\n"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(text, name="my_addie.v"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.simulator
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_counter_that_stops_at_255_is_found_and_the_mended_one_passes(
    write, tmp_path, simulator
):
    options = {"simulator": simulator, "waveforms": tmp_path / "waves"}
    faulty = verify_verilog("addie", [write(FAULTY_ADDIE)], "my_addie", **options)
    assert not faulty.passed
    assert faulty.first is not None
    assert (faulty.first.port, faulty.first.expected, faulty.first.actual) == (
        "value",
        256,
        255,
    )
    assert "$var wire 9" in (tmp_path / "waves" / "addie.vcd").read_text()
    mended = verify_verilog("addie", [write(ADDIE)], "my_addie", **options)
    assert mended.passed
    assert mended.first is None
    # Every cycle after the reset, four lanes, ten bits.
    assert 0 < 32768 * 4 * 10 - mended.bits_compared <= 16 * 4 * 10


@pytest.mark.simulator
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_ports_are_renamed_inverted_omitted_and_tied(write, simulator):
    result = verify_verilog(
        "addie",
        [write(RENAMED)],
        "my_addie",
        ports=RENAMED_PORTS,
        cycles=2048,
        simulator=simulator,
    )
    assert result.passed
    assert result.bits_compared > 0


@pytest.mark.simulator
def test_without_a_reset_the_first_cycle_counts(write):
    text = (
        ADDIE.replace("  input  wire       rst,\n", "")
        .replace("reg [7:0] lfsr;", "reg [7:0] lfsr = 8'd1;")
        .replace("reg [8:0] count;", "reg [8:0] count = 9'd0;")
        .replace("if (rst)", "if (1'b0)")
    )
    given = {"ports": ["rst="], "cycles": 512}
    result = verify_verilog("addie", [write(text)], "my_addie", **given)
    assert result.passed
    assert result.bits_compared == 512 * 4 * 10
    wrong = text.replace("count = 9'd0", "count = 9'd1")
    result = verify_verilog("addie", [write(wrong)], "my_addie", **given)
    assert result.first is not None
    assert result.first.cycle == 0


@pytest.mark.simulator
def test_a_reset_of_the_wrong_sense_is_a_mismatch(write):
    ports = ("rst=rst_n", *RENAMED_PORTS[1:])
    result = verify_verilog("addie", [write(RENAMED)], "my_addie", ports=ports, cycles=512)
    assert result.mismatches > 0


@pytest.mark.simulator
def test_a_module_in_several_files_with_includes_delays_and_memories(write, tmp_path):
    head, body = ADDIE.split("  reg [7:0] lfsr;\n")
    write("`define TAPS lfsr[7] ^ lfsr[5] ^ lfsr[4] ^ lfsr[3]\n", "taps.vh")
    body = body.replace("lfsr[7] ^ lfsr[5] ^ lfsr[4] ^ lfsr[3]", "`TAPS")
    body = body.replace("lfsr  <= 8'd1", "lfsr <= #1 seeds[0]").replace(
        "count <= count +", "count <= #1 count +"
    )
    body = body.replace(
        "assign stream = {1'b0, lfsr} < count;", "less compare(lfsr, count, stream);"
    )
    memory = '  reg [7:0] lfsr, seeds [0:0];\n  initial $readmemh("seeds.hex", seeds);\n'
    write("01\n", "seeds.hex")
    files = [
        write('`include "taps.vh"\n' + head + memory + body),
        write(LESS, "less.v"),
    ]
    result = verify_verilog("addie", files, "my_addie", cycles=2048)
    assert result.passed


@pytest.mark.simulator
def test_the_command_prints_what_repeats_it_and_exits_1(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(FAULTY_ADDIE.replace("stream_in", "x"))
    options = ["--verilog", "my_addie.v", "--top", "my_addie", "--port", "stream_in=x"]
    done = CliRunner().invoke(app, ["verify", "addie", *options])
    assert done.exit_code == 1, done.output
    assert "addie: port value shows 255, not 256, at cycle " in done.output
    assert f"goldstream verify addie {' '.join(options)} --sim verilator" in done.output
    assert "waveform: waveforms/addie.vcd" in done.output
    done = CliRunner().invoke(app, ["verify", "addie", *options, "--json"])
    (result,) = json.loads(done.output)
    assert result["mismatches"] > 0
    assert result["faults_planted"] == 0


def put(old, new):
    return ADDIE.replace(old, new)


@pytest.mark.parametrize(
    ("text", "top", "ports", "sentence"),
    [
        (
            ADDIE,
            "addie",
            (),
            "my_addie.v has no module addie: it has my_addie",
        ),
        (
            put("stream_in", "x"),
            "my_addie",
            (),
            "my_addie has no input stream_in: it has clk, rst, enable, x; "
            "--port stream_in=THEIRS says which one is stream_in",
        ),
        (
            ADDIE,
            "my_addie",
            ("rst=reset",),
            "my_addie has no input reset: it has clk, rst, enable, stream_in; "
            "--port rst=THEIRS says which one is rst",
        ),
        (
            put("[8:0] value", "[7:0] value").replace("= count;", "= count[7:0];"),
            "my_addie",
            (),
            "port value of my_addie must have 9 bits, not 8",
        ),
        (
            put("output wire       stream,", "input wire stream,").replace(
                "assign stream =", "wire other ="
            ),
            "my_addie",
            (),
            "port stream of my_addie must be an output",
        ),
        (
            put("input  wire       rst,", "input wire rst, input wire [3:0] mode,"),
            "my_addie",
            (),
            "input mode of my_addie is none of the circuit's: assign a constant to it by "
            "--port 0=mode or --port 1=mode",
        ),
        (
            ADDIE,
            "my_addie",
            ("0=mode",),
            "my_addie has no input mode: it has clk, rst, enable, stream_in",
        ),
        (
            ADDIE,
            "my_addie",
            ("reset=rst",),
            "the circuit has no port reset: it has clk, rst, enable, stream_in, stream, value",
        ),
        (
            ADDIE,
            "my_addie",
            ("rst",),
            "--port takes OURS=THEIRS such as rst=reset, not 'rst'",
        ),
        (
            ADDIE,
            "my_addie",
            ("stream=~stream",),
            "--port stream=~stream inverts an output, not an input",
        ),
        (ADDIE, "my_addie", ("rst=enable",), "port enable of my_addie is assigned twice"),
        (
            put("output wire [8:0] value", "inout wire [8:0] value"),
            "my_addie",
            (),
            "port value of my_addie must be a vector of bits",
        ),
        (
            put("my_addie", "bench"),
            "bench",
            (),
            "a module may not be called bench here: give it another name",
        ),
    ],
)
def test_ports_that_do_not_fit_are_one_sentence(
    write, tmp_path, monkeypatch, text, top, ports, sentence
):
    monkeypatch.chdir(tmp_path)
    write(text)
    path = (tmp_path / "my_addie.v").relative_to(tmp_path)
    with pytest.raises(ValueError) as refused:
        read_verilog(CIRCUIT, [path], top, ports)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_what_does_not_compile_shows_the_first_error(write, simulator):
    path = write(ADDIE.replace("reg [8:0] count;", "reg [8:0] count"))
    with pytest.raises(ToolError) as refused:
        read_verilog(CIRCUIT, [path], "my_addie", (), simulator)
    message = str(refused.value)
    assert message.startswith(f"{path} does not compile: ")
    # The line after the missing semicolon, in the user's own file.
    assert "my_addie.v:13" in message
    assert "\n" not in message


def test_a_list_is_no_file():
    sentence = r"^a Verilog file is given by its path, not by \['a.v'\]$"
    with pytest.raises(TypeError, match=sentence):
        verify_verilog("addie", [["a.v"]], "addie")


def test_a_missing_module_shows_the_first_error(write):
    path = write(ADDIE.replace("endmodule", "other inner(clk); endmodule"))
    with pytest.raises(ToolError, match=r"does not compile: .*my_addie.v:\d+.*other"):
        read_verilog(CIRCUIT, [path], "my_addie")


def test_a_module_without_clock_for_a_gate(write):
    path = write(
        "module both(input a, input b, output product); assign product = a & b; endmodule"
    )
    read = read_verilog(Multiplier(), [path], "both")
    assert read.pins == {"a": "a", "b": "b", "product": "product"}
    assert read.without == ()


def test_widths_of_packed_arrays_and_types(write):
    text = """
typedef enum logic [1:0] {A, B} two;
module shapes #(parameter W = 3) (
  input logic [W-1:0][3:0] grid, input two kind, input byte number, output logic [0:4] up
);
  assign up = grid[0] + kind + number[3:0];
endmodule
"""
    from sim.simulation.module_ports import read_module

    ports = read_module([write(text, "shapes.sv")], "shapes").ports
    assert ports == {
        "grid": ("in", 12),
        "kind": ("in", 2),
        "number": ("in", 8),
        "up": ("out", 5),
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "--verilog", "a.v"], "--verilog needs the name of one circuit"),
        (
            ["verify", "addie", "sng", "--verilog", "a.v"],
            "--verilog needs the name of one circuit",
        ),
        (["verify", "addie", "--verilog", "a.v"], "there is no file a.v"),
        (["verify", "addie", "--top", "a"], "--top needs --verilog"),
        (["verify", "addie", "--port", "a=b"], "--port needs --verilog"),
    ],
)
def test_options_that_do_not_fit_are_one_sentence(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, ValueError)
    assert str(done.exception) == sentence
