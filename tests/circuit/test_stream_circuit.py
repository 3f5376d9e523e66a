"""`apply`: any circuit on arrays of streams, the same bits on every engine."""

import numpy as np
import pytest

from sim.catalog import catalog
from stochastic import (
    Addie,
    Bitstream,
    Counter,
    Lfsr,
    LinearGain,
    Multiplier,
    MuxAdder,
    Sexp,
    Sng,
    Stanh,
)
from stochastic.circuit import BitwiseGate, StateMachine, StreamCircuit
from stochastic.circuit.decision_diagram import decision_diagram

CASES = [
    pytest.param(parameters, id=f"{entry.name}-{i}")
    for entry in catalog()
    for i, parameters in enumerate(entry.all)
    if isinstance(parameters, StreamCircuit)
    and parameters.has_packed
    and sum(port.count for port in parameters.inputs) <= 16
]


def streams(parameters, shape, length, rng):
    """Return random streams for every input port."""
    found = {}
    for port in parameters.inputs:
        if port.name.endswith("_sign"):
            continue
        encoding = parameters.encodings[port.name] or "unipolar"

        def one(encoding=encoding, port=port):
            bits = rng.random((*shape, length)) < rng.random((*shape, 1))
            # A divisor of zero is refused.
            bits[..., 0] |= port.name == "divisor"
            signs = rng.random(bits.shape) < 0.5 if encoding == "sign-magnitude" else None
            return Bitstream.from_bits(bits, encoding, sign_bits=signs)

        found[port.name] = one() if port.count == 1 else [one() for _ in range(port.count)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("parameters", CASES)
@pytest.mark.parametrize(
    ("shape", "length"), [((), 1), ((3,), 64), ((2, 33), 129), ((2100,), 65), ((0,), 10)]
)
def test_engines_give_the_same_bits(parameters, shape, length):
    given = streams(parameters, shape, length, np.random.default_rng(length))
    packed = parameters.apply(engine="packed", **given)
    by_bits = parameters.apply(engine="bit", **given)
    if not isinstance(packed, dict):
        packed, by_bits = {"output": packed}, {"output": by_bits}
    assert packed.keys() == by_bits.keys()
    for name, stream in packed.items():
        if isinstance(stream, np.ndarray):
            assert stream.dtype == by_bits[name].dtype
            assert stream.shape == (*shape, length)
            np.testing.assert_array_equal(stream, by_bits[name])
            continue
        assert stream.shape == by_bits[name].shape == shape
        assert stream.encoding == by_bits[name].encoding
        np.testing.assert_array_equal(stream.words, by_bits[name].words)
        np.testing.assert_array_equal(stream.sign_bits(), by_bits[name].sign_bits())


def test_packed_and_step_by_step_runs_agree():
    # `run` is held against plain steps for every circuit; here one column is one stream.
    rng = np.random.default_rng(2)
    bits = rng.random((4, 100)) < 0.5
    y = Stanh(states=6).apply(x=Bitstream.from_bits(bits, "bipolar"))
    outputs, _ = Stanh(states=6).run({"x": bits.T.astype(int)})
    np.testing.assert_array_equal(y.bits(), outputs["y"].T.astype(bool))


def test_a_fault_in_one_engine_is_seen():
    class Faulty(BitwiseGate):
        ports = Multiplier().ports
        encoding = "unipolar"

        def logic(self, one, **bits):
            # Right for single bits, wrong for words.
            return {"product": bits["a"] & bits["b"] ^ (one >> 63)}

    given = streams(Multiplier(), (3,), 70, np.random.default_rng(3))
    good, bad = (gate.apply(engine="packed", **given) for gate in (Multiplier(), Faulty()))
    assert not np.array_equal(good.words, bad.words)


def test_shapes_broadcast():
    a = Bitstream.from_bits([[[1, 1, 0]], [[0, 1, 1]]], "unipolar")
    b = Bitstream.from_bits([[1, 0, 1], [1, 1, 1], [0, 0, 0]], "unipolar")
    product = Multiplier().apply(a=a, b=b)
    assert product.shape == (2, 3)
    np.testing.assert_array_equal(product.bits(), a.bits() & b.bits())


def test_ports_of_several_bits_give_values():
    x = Bitstream.from_bits([[1, 1, 0, 1]] * 2, "unipolar")
    found = Addie(width=4, generator=Counter(width=4)).apply(stream_in=x)
    assert found["value"].shape == (2, 4)
    assert isinstance(found["stream"], Bitstream)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: Stanh(states=4).apply(), ValueError, "Stanh needs the input stream 'x'"),
        (
            lambda x: Stanh(states=4).apply(x=x, z=x),
            ValueError,
            "Stanh has no input stream 'z'",
        ),
        (lambda x: Stanh(states=4).apply(x=3), TypeError, "Stanh takes Bitstreams, not int"),
        (
            lambda x: Stanh(states=4).apply(x=x, engine="gpu"),
            ValueError,
            "Stanh engine must be one of auto, bit, packed, not 'gpu'",
        ),
        (
            lambda x: Sexp(states=4, gain=1).apply(x=Bitstream.from_bits([1], "unipolar")),
            ValueError,
            "Sexp x must be bipolar, not unipolar",
        ),
        (
            lambda x: MuxAdder(fan_in=3, generator=Counter(width=2)).apply(streams=[x, x]),
            ValueError,
            "MuxAdder streams must be 3 streams, not 2",
        ),
        (
            lambda x: LinearGain(states=4).apply(
                x=x, k=Bitstream.from_bits([1, 0], "unipolar")
            ),
            ValueError,
            "LinearGain takes streams of one length, not 3 and 2",
        ),
    ],
)
def test_bad_use_is_one_sentence(call, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        call(Bitstream.from_bits([1, 0, 1], "bipolar"))


def test_circuits_with_numbers_as_inputs_are_not_applied():
    assert not isinstance(Sng(generator=Lfsr(width=8)), StreamCircuit)


@pytest.mark.parametrize("variables", [1, 2, 3, 4])
def test_diagrams_compute_every_table(variables):
    rng = np.random.default_rng(variables)
    size = 1 << variables
    every = range(1 << size) if variables < 4 else rng.integers(0, 1 << size, 300).tolist()
    tables = [[number >> i & 1 for i in range(size)] for number in every]
    nodes, roots = decision_diagram(tables)
    for index in range(size):
        values = [0, 1]
        for variable, low, high in nodes[2:].tolist():
            values.append(values[high] if index >> variable & 1 else values[low])
        assert [values[root] for root in roots] == [table[index] for table in tables]


def test_state_machines_move_by_their_table():
    class Held(StateMachine):
        def move(self, state, *bits):
            return 0

        def output_bits(self, state, *bits):
            return (state == 2,)

    x = Bitstream.from_bits(np.ones((1, 70), bool), "bipolar")
    assert Held(states=4, initial=2).apply(x=x).count().tolist() == [70]
    assert Held(states=4, initial=1).apply(x=x).count().tolist() == [0]
