"""Saturating state machines: look-ups and bit slices against the tables, cycle by cycle."""

import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from stochastic import Bitstream, Stanh
from stochastic.circuit import StateMachine, state_machine
from stochastic.circuit.look_up_machine import has_look_ups, look_up_tables

ENGINES = [
    pytest.param(
        True,
        id="look-ups",
        marks=pytest.mark.skipif(not has_look_ups(), reason="needs AVX-512 VBMI"),
    ),
    pytest.param(False, id="bit slices"),
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OneToOne(StateMachine):
    """A machine whose moves and outputs are the bits of a random number."""

    seed: int = 1

    def __post_init__(self):
        super().__post_init__()
        rng = np.random.default_rng(self.seed)
        rows = 1 << len(self.stream_inputs)
        self._set(
            moves=rng.integers(-1, 2, (rows, self.states)).tolist(),
            bits=rng.integers(0, 2, (rows, self.states, len(self.stream_outputs))).tolist(),
        )

    def _row(self, bits):
        return sum(int(bit) << i for i, bit in enumerate(bits))

    def move(self, state, *bits):
        return self.moves[self._row(bits)][state]

    def output_bits(self, state, *bits):
        return tuple(self.bits[self._row(bits)][state])


class TwoToTwo(OneToOne):
    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")
    stream_outputs: ClassVar[tuple[str, ...]] = ("c", "d")


class TwoToOne(OneToOne):
    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")


class OneToTwo(OneToOne):
    stream_outputs: ClassVar[tuple[str, ...]] = ("c", "d")


class ThreeToOne(OneToOne):
    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b", "c")


def expected(machine, streams):
    """Walk every stream through the tables."""
    names = machine.stream_outputs
    lanes, length = streams[machine.stream_inputs[0]].shape
    found = {name: np.zeros((lanes, length), bool) for name in names}
    for lane in range(lanes):
        state = machine.initial
        for t in range(length):
            bits = [streams[name][lane, t] for name in machine.stream_inputs]
            for name, bit in zip(names, machine.output_bits(state, *bits), strict=True):
                found[name][lane, t] = bit
            state = max(0, min(state + machine.move(state, *bits), machine.states - 1))
    return found


def check(machine, lanes, length):
    rng = np.random.default_rng(lanes + length)
    streams = {n: rng.random((lanes, length)) < rng.random() for n in machine.stream_inputs}
    given = {name: Bitstream.from_bits(bits, "unipolar") for name, bits in streams.items()}
    outputs = machine.apply(engine="packed", **given)
    if isinstance(outputs, Bitstream):
        outputs = {machine.stream_outputs[0]: outputs}
    for name, bits in expected(machine, streams).items():
        np.testing.assert_array_equal(outputs[name].bits(), bits)


@pytest.mark.slow
@pytest.mark.parametrize("look_ups", ENGINES)
@pytest.mark.parametrize("kind", [OneToOne, TwoToTwo, TwoToOne, OneToTwo, ThreeToOne])
@pytest.mark.parametrize("states", [2, 3, 15, 16, 17, 32, 33, 64, 65])
def test_every_size_of_table(monkeypatch, look_ups, kind, states):
    monkeypatch.setattr(state_machine, "has_look_ups", lambda: look_ups)
    for initial in (0, states - 1):
        check(kind(states=states, initial=initial, seed=states), 3, 70)


@pytest.mark.parametrize("look_ups", ENGINES)
@pytest.mark.parametrize("lanes", [0, 1, 64, 65])
@pytest.mark.parametrize("length", [1, 63, 64, 65, 255, 256, 257])
def test_every_edge_of_a_block(monkeypatch, look_ups, lanes, length):
    monkeypatch.setattr(state_machine, "has_look_ups", lambda: look_ups)
    check(OneToOne(states=9), lanes, length)
    check(TwoToTwo(states=5), lanes, length)


def test_tables_that_fit_registers():
    sizes = {}
    for states in (2, 16, 17, 32, 33, 64, 65):
        machine = Stanh(states=states + states % 2)
        tables = look_up_tables(machine.move_table, machine.output_table)
        sizes[states] = tables and (len(tables[0]), *tables[1:])
    assert sizes[2] == sizes[16] == (64, 2, 2)
    assert sizes[17] == sizes[32] == (128, 2, 2)
    assert sizes[33] == sizes[64] == (128, 1, 1)
    assert sizes[65] is None


@pytest.mark.skipif(not has_look_ups(), reason="needs AVX-512 VBMI")
def test_a_wrong_entry_is_seen():
    machine = OneToOne(states=6)
    table, *rest = look_up_tables(machine.move_table, machine.output_table)
    table[machine.initial << 2] ^= 1
    machine.__dict__["_look_up_tables"] = (table, *rest)
    with pytest.raises(AssertionError):
        check(machine, 70, 100)


@pytest.mark.parametrize("look_ups", ENGINES)
def test_streams_that_are_read_only_or_not_contiguous(monkeypatch, look_ups):
    monkeypatch.setattr(state_machine, "has_look_ups", lambda: look_ups)
    bits = np.random.default_rng(2).random((6, 200)) < 0.5
    x = Bitstream.from_bits(bits, "bipolar")
    whole = Stanh(states=4).apply(x=x).words
    x.words.flags.writeable = False
    every_other = Bitstream(x.words[::2], 200, "bipolar")
    np.testing.assert_array_equal(Stanh(states=4).apply(x=x).words, whole)
    np.testing.assert_array_equal(Stanh(states=4).apply(x=every_other).words, whole[::2])
