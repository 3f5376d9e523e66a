"""Faults: which bits they hit, what they do to a layer, and networks with them in hardware."""

import itertools

import numpy as np
import pytest

from stochastic import IntegralLayer, StreamFaults
from stochastic.integral.stream_faults import FAULT_KINDS, faulty
from stochastic.networks import StreamLayer, StreamNetwork, circuit_of

pytestmark = pytest.mark.slow


def test_masks_are_words_of_the_generator_below_the_rate():
    faults = StreamFaults(node="inputs", rate=0.3, seed=9)
    words = np.random.PCG64(9).random_raw(40 * 7) >> np.uint64(32)
    expected = (words < 0.3 * 2**32).reshape(40, 7)
    np.testing.assert_array_equal(faults.words(40, 7), expected)
    # Faults of a lower rate are among them.
    fewer = faults.replace(rate=0.1).words(40, 7)
    assert fewer.sum() and not (fewer & ~expected).any()


def test_words_have_a_fault_on_each_wire():
    bits = StreamFaults(node="sums", rate=0.5).words(20, 6)
    masks = StreamFaults(node="sums", rate=0.5).words(20, 2, 3, signed=True)
    np.testing.assert_array_equal(masks, bits.reshape(20, 2, 3) @ [1, 2, -4])
    late = StreamFaults(node="sums", kind="late", rate=0.5).words(20, 6)
    np.testing.assert_array_equal(late[1:], bits[1:])
    assert bits[0].any() and not late[0].any()
    words = StreamFaults(node="sums", kind="late_words", rate=0.5).words(20, 6, 3, signed=True)
    np.testing.assert_array_equal(words, -late)
    stuck = StreamFaults(node="sums", kind="stuck_at_1", rate=0.5).words(20, 6)
    np.testing.assert_array_equal(stuck, np.tile(bits[0], (20, 1)))


def test_faulty_bits():
    for kind, expected in (("flip", 0b0101), ("stuck_at_0", 0b0100), ("stuck_at_1", 0b0111)):
        assert faulty(0b0110, 0, 0b0011, FAULT_KINDS.index(kind)) == expected
    assert faulty(0b0110, 0b1001, 0b0011, FAULT_KINDS.index("late")) == 0b0101
    assert faulty(-3, 5, -1, FAULT_KINDS.index("late")) == 5


def layer_with(faults, **options):
    codes = np.random.default_rng(1).integers(0, 257, (4, 7))
    options = {"range": 2, "states": 12, "length": 40, "width": 8, "seed": 5, **options}
    return IntegralLayer(weights=tuple(map(tuple, codes.tolist())), faults=faults, **options)


def test_faults_of_inputs_are_those_of_the_streams():
    faults = StreamFaults(node="inputs", rate=0.2)
    streams = np.random.default_rng(2).integers(0, 2, (40, 6))
    ones = {"input_valid": np.ones((40, 1), int), "output_ready": np.ones((40, 1), int)}
    found, _ = layer_with(faults).run({**ones, "inputs": streams})
    flipped = streams ^ faults.words(40, 6)
    expected, _ = layer_with(None).run({**ones, "inputs": flipped})
    np.testing.assert_array_equal(found["outputs"], expected["outputs"])
    without, _ = layer_with(None).run({**ones, "inputs": streams})
    assert (found["outputs"] != without["outputs"]).any()


def test_flips_shrink_the_weights():
    # A bipolar stream of mean x has the mean (1 - 2 f) x after flips at the rate f.
    codes = np.full((100, 1), 208)
    faults = StreamFaults(node="weights", rate=0.2)
    mean = StreamLayer(codes, 2, None, 8, 1, faults).integers(255).mean()
    # Code 208 of a generator without the word 0 has 207 ones in 255 cycles.
    clean = 2 * (2 * 207 - 255) / 255
    # 200 streams, each a bit in 255 cycles; 6 standard deviations of the flips.
    assert abs(mean - 0.6 * clean) < 6 * 2 * 2 * 0.4 / np.sqrt(200 * 255)


FAULTS = (
    {},
    {0: ("inputs", "flip"), 1: ("sums", "late"), 2: ("weights", "stuck_at_0")},
    {0: ("counters", "flip"), 1: ("weights", "flip"), 2: ("sums", "flip")},
    {0: ("sums", "late_words"), 1: ("counters", "stuck_at_1"), 2: ("inputs", "flip")},
)


def test_labels_are_those_of_the_circuit():
    rng = np.random.default_rng(3)
    sizes = ((6, 4, 12), (4, 6, 10), (6, 3, None))
    layers = [
        StreamLayer(rng.integers(0, 65, (k + 1, j)).astype(np.int32), 2, states, 6, 1 + j)
        for k, j, states in sizes
    ]
    clean = StreamNetwork(layers, length=8)
    codes = rng.integers(0, 257, (3, 6)).astype(np.int16)
    seen = []
    for nodes in FAULTS:
        faults = {
            number: StreamFaults(node=node, kind=kind, rate=0.2, seed=number)
            for number, (node, kind) in nodes.items()
        }
        network = clean.with_faults(faults)
        sums = network.run(codes, engine="torch")
        np.testing.assert_array_equal(network.run(codes, engine="numba"), sums)
        circuit = circuit_of(network, parallel=(2, 3, 1), group=3)
        labels, largest = classified(circuit, codes)
        assert labels == sums.argmax(axis=1).tolist()
        assert largest == sums.max(axis=1).tolist()
        seen.append(sums.tolist())
    # Each set of faults matters.
    assert all(a != b for a, b in itertools.combinations(seen, 2))


def classified(circuit, codes):
    """Return labels and largest sums; the codes of an image enter in two beats."""
    beats = codes.reshape(-1, 3)
    state, labels, largest = None, [], []
    entered = 0
    while len(labels) < len(codes):
        beat = beats[min(entered, len(beats) - 1)].tolist()
        inputs = {
            "input_valid": [int(entered < len(beats))],
            "codes": [beat],
            "output_ready": [1],
        }
        outputs, state = circuit.run(inputs, state=state)
        entered += int(outputs["input_ready"][0, 0])
        if outputs["output_valid"][0, 0]:
            labels.append(int(outputs["label"][0, 0]))
            largest.append(int(outputs["largest"][0, 0]))
    return labels, largest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"node": "pixels"},
            "StreamFaults node must be one of inputs, weights, sums, counters, not ",
        ),
        (
            {"node": "sums", "kind": "wrong"},
            "StreamFaults kind must be one of flip, stuck_at_0, ",
        ),
        ({"node": "inputs", "kind": "late"}, "only sums can be late, not inputs$"),
        ({"node": "sums", "rate": 1.5}, "StreamFaults rate must be between 0 and 1, not 1.5$"),
        (
            {"node": "sums", "rate": float("nan")},
            "StreamFaults rate must be between 0 and 1, not nan$",
        ),
        ({"node": "sums", "seed": -1}, "StreamFaults seed must be between 0 and 4294967295, "),
    ],
)
def test_refused_faults(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        StreamFaults(**options)


def test_refused_layers():
    faults = StreamFaults(node="counters", rate=0.1)
    with pytest.raises(ValueError, match=r"^faults of counters need a layer with states$"):
        layer_with(faults, states=None)
    with pytest.raises(
        TypeError, match=r"^IntegralLayer faults must be StreamFaults, not 0.1$"
    ):
        layer_with(0.1)
    network = StreamNetwork([StreamLayer(np.full((3, 2), 4), 2, None, 4, 1)], length=8)
    with pytest.raises(ValueError, match="^faults of counters need a layer with states$"):
        network.with_faults({0: faults})
    message = "^number of a layer with faults must be between 0 and 0, not 1$"
    with pytest.raises(ValueError, match=message):
        network.with_faults({1: faults})
