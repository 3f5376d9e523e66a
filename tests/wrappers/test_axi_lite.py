"""Circuits behind AXI4-Lite registers: every access against the golden model."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from rtl.wrappers.axi_lite import AxiLite
from sim.catalog import find
from sim.wrappers.wrapper_files import wrapper_texts
from stochastic import Addie, Counter, Lfsr
from tests.support.axi_benches import simulate, wrapped

pytestmark = pytest.mark.simulator

DIGEST = "0123456789abcdef" * 4
CONTROL, STEPS, STATUS, CYCLES = 0x10, 0x14, 0x18, 0x1C
RUN, RESET = 1, 2
OKAY, SLVERR = 0, 2

ADDIE = Addie(width=6, generator=Lfsr(width=6))
WRAPPERS = {
    "addie": AxiLite(ADDIE, DIGEST),
    "mac": AxiLite(find("mac").default, DIGEST),
    "counter": AxiLite(Counter(width=11), DIGEST),
    "gate": AxiLite(find("multiplier").default, DIGEST),
}
# A step too many, and a circuit that never stands still.
FAULTS = {
    "late": ("n{0} = steps - 1'h1", "n{0} = steps - 2'h2"),
    "restless": (".enable(busy)", ".enable(1'h1)"),
}


def word(value):
    return (int(value) % 2**32).to_bytes(4, "little").hex()


def registers(port, columns):
    """Return the registers of a port as hexadecimal bytes, by arithmetic on whole integers."""
    whole = sum((int(v) % 2**port.width) << (i * port.width) for i, v in enumerate(columns))
    bits = port.width * port.count
    size = 4 * -(-bits // 32)
    if port.direction == "out" and port.signed and port.count == 1 and columns[0] < 0:
        whole += 2 ** (8 * size) - 2**bits
    return whole.to_bytes(size, "little").hex()


def addresses(ports):
    found, offset = {}, 0x40
    for port in ports:
        found[port.name] = offset
        offset += 4 * -(-port.width * port.count // 32)
    return found, offset


def job_and_answer(wrapper, seed, rounds=7):
    """Return accesses of the driver and the answers that the golden model gives."""
    parameters = wrapper.parameters
    rng = np.random.default_rng(seed)
    places, end = addresses(parameters.ports)
    operations, expected = [], []

    def do(kind, address, value, answer=None):
        operations.append([kind, address, value])
        if answer is not None:
            expected.append(answer)

    do("read", 0, 4, [OKAY, b"gold".hex()])
    do("read", 4, 4, [OKAY, word(1)])
    do("read", 8, 8, [OKAY, DIGEST[:16]])
    do("read", 0x20, 4, [SLVERR, word(0)])
    do("write", STATUS, word(1), SLVERR)
    do("write", 0, word(0), SLVERR)
    for port in parameters.outputs:
        do("read", places[port.name], 4, [OKAY, word(0)])
    written = {
        port.name: bytearray(len(registers(port, [0] * port.count)) // 2)
        for port in parameters.inputs
    }
    state, cycles = None, 0
    for _ in range(rounds):
        inputs = {}
        for port in parameters.inputs:
            columns = rng.integers(*port.range, port.count, endpoint=True)
            inputs[port.name] = columns
            # A single byte leaves the others as they were.
            content = written[port.name]
            byte = int(rng.integers(len(content)))
            content[byte : byte + 1] = rng.bytes(1)
            do("write", places[port.name] + byte, content[byte : byte + 1].hex(), OKAY)
            do("read", places[port.name], len(content), [OKAY, content.hex()])
            content[:] = bytes.fromhex(registers(port, columns))
            do("write", places[port.name], content.hex(), OKAY)
        steps = int(rng.integers(1, 40))
        held = {name: np.tile(columns, (steps, 1)) for name, columns in inputs.items()}
        outputs, state = parameters.run(held, cycles=steps, lanes=1, state=state)
        cycles += steps
        do("write", STEPS, word(steps), OKAY)
        do("poll", STATUS, 0)
        do("read", CYCLES, 4, [OKAY, word(cycles)])
        for port in parameters.outputs:
            text = registers(port, outputs[port.name][-1])
            do("read", places[port.name], len(text) // 2, [OKAY, text])
        if rng.random() < 0.25:
            do("write", CONTROL, word(RESET), OKAY)
            state, cycles = None, 0
            do("read", CYCLES, 4, [OKAY, word(0)])
    if end < 1 << wrapper.map.address_bits:
        do("read", end, 4, [SLVERR, word(0)])
    return {"kind": "lite", "operations": operations, "pauses": 10 * seed}, expected


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return what each wrapper has answered, and what was expected."""
    wrappers = dict(WRAPPERS)
    texts = wrapped(wrappers)
    for name, (sound, faulty) in FAULTS.items():
        text = texts["addie"]
        number = re.search(r"n(\d+) = steps - 1'h1", text)[1]
        sound, faulty = sound.format(number), faulty.format(number)
        assert text.count(sound) == 1
        wrappers[name] = WRAPPERS["addie"]
        texts[name] = re.sub(r"\baddie(?=\(|__)", name, text.replace(sound, faulty))
    jobs, expected = {}, {}
    for seed, (name, wrapper) in enumerate(wrappers.items(), 1):
        jobs[name], expected[name] = job_and_answer(wrapper, seed)
    wrappers["running"], texts["running"] = WRAPPERS["counter"], texts["counter"].replace(
        "module counter", "module running"
    ).replace("counter__", "running__")  # fmt: skip
    jobs["running"] = {
        "kind": "lite",
        "pauses": 0,
        "operations": [
            ["write", CONTROL, word(RUN)],
            ["read", STATUS, 4],
            ["wait", 0, 300],
            ["write", CONTROL, word(0)],
            ["read", STATUS, 4],
            ["read", CYCLES, 4],
            ["read", 0x40, 4],
        ],
    }
    folder = tmp_path_factory.mktemp("axi_lite")
    return simulate(wrappers, texts, jobs, FAULTS, folder), expected


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_answer_is_that_of_the_golden_model(results, name):
    found, expected = results
    assert found[name] == expected[name]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(results, name):
    found, expected = results
    # An answer differs: it is not only that some are missing.
    assert found[name] != expected[name][: len(found[name])]


def test_run_enables_every_cycle(results):
    busy, idle, cycles, output = (
        int.from_bytes(bytes.fromhex(answer[1]), "little")
        for answer in results[0]["running"]
        if isinstance(answer, list)
    )
    assert (busy, idle) == (1, 0)
    assert 300 < cycles < 400
    # The counter begins at 0: its output in the latest cycle is the number of those before.
    assert output == cycles - 1


def constants(text):
    """Return the constants of a C header."""
    return {name: value for name, value in re.findall(r"^#define (\w+) (\w+)$", text, re.M)}


@pytest.fixture(scope="module")
def header():
    """Return the file name and the text of the header of the multiply-accumulate unit."""
    return wrapper_texts("mac", find("mac").default, "axi-lite")["wrapper_header"]


def test_the_header_states_the_map(header):
    found = constants(header[1])
    places, _ = addresses(find("mac").default.ports)
    for name, place in places.items():
        assert int(found[f"MAC_PORT_{name.upper()}"].rstrip("u"), 16) == place
    assert found["MAC_CONTROL"] == "0x10u"
    assert found["MAC_CONTROL_RESET"] == "0x2u"
    assert found["MAC_EXPECTED_IDENTITY"] == f"0x{int.from_bytes(b'gold', 'little'):08x}u"


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("language", ["-xc++ -std=c++11", "-xc -std=c99"])
def test_compilers_take_the_header(header, language, tmp_path):
    name, text = header
    (tmp_path / name).write_text(text)
    source = tmp_path / "main"
    strict = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
    command = ["g++", *language.split(), *strict, str(source)]
    # An array of a negative size is an error.
    for steps, good in ((0x14, True), (0x15, False)):
        source.write_text(f'#include "{name}"\nchar same[MAC_STEPS == {steps} ? 1 : -1];\n')
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode == 0) == good
