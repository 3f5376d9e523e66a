"""Circuits between AXI4-Streams: every word against the golden model, under back-pressure."""

import re

import numpy as np
import pytest

from rtl.wrappers.axi_stream import AxiStream
from sim.catalog import find
from stochastic import Addie, Counter, Lfsr
from tests.support.axi_benches import simulate, wrapped

pytestmark = pytest.mark.simulator

ADDIE = Addie(width=6, generator=Lfsr(width=6))

# Sound wrappers, and the texts of two faults: the circuit does not wait for the receiver, and
# the second word is lost.
WRAPPERS = {
    "addie": AxiStream(ADDIE),
    "quick": AxiStream(ADDIE),
    "aligned": AxiStream(ADDIE, align=True),
    "restarted": AxiStream(ADDIE, restart=True),
    "mac": AxiStream(find("mac").default),
    "counter": AxiStream(Counter(width=11)),
    "gate": AxiStream(find("multiplier").default),
}
FAULTS = {
    "impatient": (
        "assign enable = input__valid & input__ready;",
        "assign enable = input__valid;",
    ),
    "forgetful": (" = waits ? second : answer;", " = answer;"),
}


def element_bytes(port, columns):
    """Return the bytes of one port in one cycle, by arithmetic on whole integers."""
    whole = sum((int(v) % 2**port.width) << (i * port.width) for i, v in enumerate(columns))
    bits = port.width * port.count
    size = -(-bits // 8)
    negative = port.direction == "out" and port.signed and port.count == 1 and columns[0] < 0
    padding = (2 ** (8 * size) - 2**bits) if negative else 0
    return (whole + padding).to_bytes(size, "little")


def words(ports, values, cycles):
    """Return the words of a run as bytes; a word has at least one."""
    return [
        b"".join(element_bytes(port, values[port.name][t]) for port in ports) or b"\0"
        for t in range(cycles)
    ]


def random_inputs(parameters, cycles, rng):
    return {
        port.name: rng.integers(*port.range, (cycles, port.count), endpoint=True)
        for port in parameters.inputs
    }


def packets_of(found, sizes):
    ends = np.cumsum(sizes)
    return [b"".join(found[e - s : e]).hex() for e, s in zip(ends, sizes, strict=True)]


def job_and_answer(wrapper, seed, pauses):
    """Return a job of the driver and the packets that the golden model expects."""
    core, parameters = wrapper.core, wrapper.core.parameters
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 20, 12)
    cycles = int(sizes.sum())
    inputs = random_inputs(parameters, cycles, rng)
    rst = np.zeros(cycles, bool)
    if core.restart:
        rst[np.cumsum(sizes) - 1] = True
    outputs, _ = parameters.run(inputs, cycles=cycles, lanes=1, rst=rst)
    sent = packets_of(words(parameters.inputs, inputs, cycles), sizes)
    answers = words(parameters.outputs, outputs, cycles)
    expected = packets_of(answers, sizes)
    if core.align:
        # The results of the last words stay inside, and so does the end of their packet.
        shifted = answers[parameters.latency :]
        assert sizes[-1] > parameters.latency
        expected = packets_of(shifted, sizes[:-1])
    return (
        {"kind": "stream", "packets": sent, "answers": len(expected), "pauses": pauses},
        expected,
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return what each wrapper has answered, and what was expected."""
    wrappers = dict(WRAPPERS)
    texts = wrapped(wrappers)
    for name, (sound, faulty) in FAULTS.items():
        assert texts["addie"].count(sound) == 1
        wrappers[name] = WRAPPERS["addie"]
        faulty_text = texts["addie"].replace(sound, faulty)
        texts[name] = re.sub(r"\baddie(?=\(|__)", name, faulty_text)
    jobs, expected = {}, {}
    for seed, (name, wrapper) in enumerate(wrappers.items(), 1):
        pauses = 0 if name == "quick" else 10 * seed
        jobs[name], expected[name] = job_and_answer(wrapper, seed, pauses)
    folder = tmp_path_factory.mktemp("axi_stream")
    return simulate(wrappers, texts, jobs, FAULTS, folder), expected


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_word_is_that_of_the_golden_model(results, name):
    found, expected = results
    assert found[name] == expected[name]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(results, name):
    found, expected = results
    # An answer differs: it is not only that some are missing.
    assert found[name] != expected[name][: len(found[name])]
