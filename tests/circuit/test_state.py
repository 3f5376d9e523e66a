"""The state from which a run goes on: what no run can have left is refused."""

import re

import numpy as np
import pytest

from fixedpoint import AccumulatorSpec, Mac
from fixedpoint.circuit import State
from stochastic import InStreamMultiplier, Stanh, VanDerCorput

ONES = {"x": [1] * 40}
NOT_LANES = "register history takes an array [lanes * 2], not one of shape"


def with_register(circuit, name, values, lanes=1):
    """Return the reset state with other values of a register."""
    registers = circuit.reset(lanes).registers
    return State(0, registers | {name: np.asarray(values)})


def test_a_state_of_a_machine_with_more_states_is_refused():
    _, state = Stanh(states=64).run(ONES)
    assert state.registers["state"].tolist() == [63]
    with pytest.raises(ValueError, match="^register state takes values from 0 to 7, not 63$"):
        Stanh(states=8).run(ONES, state=state)
    # Of six states a register of three bits could hold two more.
    six = Stanh(states=6)
    with pytest.raises(ValueError, match="^register state takes values from 0 to 5, not 6$"):
        six.run(ONES, state=with_register(six, "state", [6]))
    _, state = six.run({"x": [0]}, state=with_register(six, "state", [5]))
    assert state.registers["state"].tolist() == [4]


def test_a_sum_that_its_format_does_not_hold_is_refused():
    mac = Mac(a="sQ2.0", b="sQ2.0", accumulator=AccumulatorSpec(format="sQ6.0"))
    nothing = {port.name: np.zeros((0, 1), int) for port in mac.inputs}
    message = "register sum takes values from -32 to 31, not {}"
    for wrong in (32, -33, 10000):
        with pytest.raises(ValueError, match=f"^{message.format(wrong)}$"):
            mac.run(nothing, state=with_register(mac, "sum", [wrong]))
    for code in (31, -32):
        _, state = mac.run(nothing, state=with_register(mac, "sum", [code]))
        assert state.registers["sum"].tolist() == [code]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([2.0, 2.0], TypeError, "register history takes integers, not float64"),
        ([[2, 2]], ValueError, f"{NOT_LANES} (1, 2)"),
        ([2, 2, 2], ValueError, f"{NOT_LANES} (3,)"),
        ([2] * 4, ValueError, "the state is one of 2 lanes, not of 1"),
        ([2, -1], ValueError, "register history takes values from 0 to 3, not -1"),
    ],
)
def test_values_of_another_kind_are_refused(values, error, message):
    circuit = InStreamMultiplier(generator=VanDerCorput(width=2))
    assert circuit.reset().registers["history"].tolist() == [2, 2]
    streams = {"a": [1] * 8, "b": [1] * 8}
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        circuit.run(streams, state=with_register(circuit, "history", values))


def test_a_position_before_reset_is_refused():
    circuit = Stanh(states=8)
    state = State(-1, circuit.reset().registers)
    with pytest.raises(ValueError, match="^Stanh state position must be between 0 and "):
        circuit.run(ONES, state=state)
