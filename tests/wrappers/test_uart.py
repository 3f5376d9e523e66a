"""A circuit behind a UART, byte by byte, and the host's program against it."""

import os
import pty
import random
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from amaranth.sim import Simulator

from rtl.wrappers.uart import Receiver, bit_cycles
from rtl.wrappers.uart_link import UartLink
from sim.boards import host
from sim.boards.board_files import vector_lines
from sim.catalog import find
from sim.checks.golden_vectors import golden_vectors
from stochastic import Addie, Counter, Lfsr
from tests.support.uart_bench import simulate_link

pytestmark = pytest.mark.simulator

DIGEST = "0123456789abcdef" * 4
ADDIE = Addie(width=6, generator=Lfsr(width=6))


def addie_link():
    return UartLink(ADDIE, DIGEST, cycles=4, patience=200)


def answers(link, commands):
    """Return the answer to each command; a command is bytes, or a number of idle calls."""
    found, state = [], {"left": list(commands), "idle": 0, "answer": b""}

    def exchange(received):
        state["answer"] += received
        # An answer is over when nothing has come for longer than a byte takes.
        state["idle"] = 0 if received else state["idle"] + 1
        if state["idle"] < 60 * link.cycles:
            return b""
        found.append(state["answer"])
        state["answer"], state["idle"] = b"", 0
        return state["left"].pop(0) if state["left"] else None

    simulate_link(link, exchange)
    return found[1:]


def test_every_command_byte_by_byte():
    inputs = [[1], [1], [0], *[[1]] * 5]
    outputs, _ = ADDIE.run({"stream_in": inputs})
    words = [
        bytes([stream, value & 255])
        for stream, value in zip(outputs["stream"][:, 0], outputs["value"][:, 0], strict=True)
    ]
    step_one, step_zero = b"S\x01", b"S\x00"
    found = answers(
        addie_link(),
        [
            *(b"I", b"R", step_one, step_one, step_zero),
            *(b"N\x05\x00\x00\x00\x01", b"N\x00\x00\x00\x00\x01", b"x"),
            # A command that stops in the middle is forgotten, and the next one is whole.
            *(b"N\x05", b"R", step_one),
        ],
    )
    identity = b"gold\x01\x01\x00\x02\x00" + bytes.fromhex(DIGEST[:16])
    assert found == [
        *(identity, b"R", words[0], words[1], words[2]),
        *(words[7], words[7], b"?"),
        *(b"", b"R", words[0]),
    ]


def test_a_circuit_without_inputs_takes_a_byte():
    link = UartLink(Counter(width=11), DIGEST, cycles=4, patience=200)
    assert answers(link, [b"S\xff", b"S\x00", b"S\x55"]) == [b"\0\0", b"\1\0", b"\2\0"]


@pytest.mark.parametrize("stretch", [0.98, 1.0, 1.02])
def test_the_receiver_takes_bytes_of_another_clock(stretch):
    rng = random.Random(1)
    sent = bytes(rng.randrange(256) for _ in range(12))
    receiver = Receiver(16)
    bits = "1" * 3 + "".join(f"0{byte:08b}"[0] + f"{byte:08b}"[::-1] + "1" for byte in sent)
    # The level in each cycle, where a bit takes 16 cycles of a clock that is off.
    count = int(len(bits) * 16 * stretch)
    levels = [int(bits[int(t / (16 * stretch))]) for t in range(count)] + [1] * 40
    found = []

    async def bench(ctx):
        for level in levels:
            ctx.set(receiver.rx, level)
            _, _, valid, data = await ctx.tick().sample(receiver.valid, receiver.data)
            if valid:
                found.append(data)

    simulator = Simulator(receiver)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert bytes(found) == sent


def test_a_byte_without_a_stop_bit_is_left_out():
    receiver = Receiver(4)
    found = []

    async def bench(ctx):
        for level in [1] * 8 + [0] * 44 + [1] * 60:
            ctx.set(receiver.rx, level)
            _, _, valid, data = await ctx.tick().sample(receiver.valid, receiver.data)
            found.extend([data] if valid else [])

    simulator = Simulator(receiver)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert found == []


@pytest.mark.parametrize(
    ("frequency", "baud", "cycles"),
    [(12e6, 115200, 104), (25e6, 115200, 217), (1e6, 10**5, 10)],
)
def test_cycles_of_a_bit(frequency, baud, cycles):
    assert bit_cycles(frequency, baud) == cycles


def test_a_rate_that_the_clock_cannot_make():
    message = (
        "^a clock of 12 MHz cannot make 1900000 baud: a bit takes 6.32 cycles, which must "
        "be at least 4 and within 2 % of a whole number$"
    )
    with pytest.raises(ValueError, match=message):
        bit_cycles(12e6, 1_900_000)


@pytest.fixture
def board(tmp_path):
    """Return the function that runs the host's program against a simulated board."""
    entry = find("addie").with_parameters(ADDIE)
    vectors = golden_vectors(entry, ADDIE, 100, 1)

    def run(change=lambda text: text, link=None):
        link = link or addie_link()
        program = tmp_path / "addie_host.py"
        program.write_bytes(Path(host.__file__).read_bytes())
        (tmp_path / "addie.vec").write_text(
            change("".join(vector_lines(link, vectors, 115200)))
        )
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, str(program), os.ttyname(slave)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def exchange(received):
            if received:
                os.write(master, received)
            if select.select([master], [], [], 0)[0]:
                return os.read(master, 4096)
            return None if process.poll() is not None else b""

        simulate_link(link, exchange, 3_000_000)
        os.close(master)
        os.close(slave)
        return process.wait(), process.stdout.read(), vectors

    return run


def test_the_host_s_program_passes(board):
    status, output, vectors = board()
    compared = int(np.sum(vectors.run.enable & ~vectors.run.rst))
    assert compared > 20
    assert (status, output) == (
        0,
        f"PASS: {compared} cycles, {vectors.run.rst.sum() + 1} resets\n",
    )


def test_the_host_s_program_finds_a_difference(board):
    def change(text):
        lines = text.splitlines()
        row = next(i for i, line in enumerate(lines) if i > 12 and line != "reset")
        lines[row] = lines[row][:-1] + f"{int(lines[row][-1], 16) ^ 1:x}"
        return "\n".join(lines)

    status, output, _ = board(change)
    assert status == 1
    assert output.startswith("MISMATCH: line ")


def test_the_host_s_program_finds_another_circuit(board):
    link = UartLink(ADDIE, "f" * 64, cycles=4, patience=200)
    status, output, _ = board(lambda text: text.replace("f" * 16, DIGEST[:16]), link)
    assert status == 2
    assert output == (f"addie_host.py: the board holds the circuit {'f' * 16}, not this one\n")


@pytest.mark.parametrize(
    ("port", "sentence"),
    [
        ("no", "[Errno 2] No such file or directory: '{}'"),
        ("addie.vec", "{} is no serial port: Inappropriate ioctl for device"),
    ],
)
def test_the_host_s_program_without_a_board(tmp_path, port, sentence):
    program = tmp_path / "addie_host.py"
    program.write_bytes(Path(host.__file__).read_bytes())
    (tmp_path / "addie.vec").write_text("# baud 115200\n")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path / port)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == f"addie_host.py: {sentence.format(tmp_path / port)}\n"
