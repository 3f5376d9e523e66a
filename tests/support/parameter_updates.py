"""What the tests of the update circuits share: a tensor's update, seen cycle by cycle."""

import numpy as np

from fixedpoint.circuit import State


def by_cycles(circuit, gradient, momentum, weight, rate, position):
    """Pass a tensor through the ports group by group."""
    size, lanes, length = len(gradient), circuit.lanes, circuit.cycles_per_step
    groups = -(-size // lanes)

    def rows(values):
        padded = np.zeros(groups * lanes, np.int64)
        padded[:size] = values
        return np.repeat(padded.reshape(groups, lanes), length, axis=0)

    inputs = {
        "load": np.tile([1] + [0] * (length - 1), groups),
        "rate": np.full(groups * length, rate),
        "gradient": rows(gradient),
        "momentum_in": rows(momentum),
        "weight_in": rows(weight),
    }
    # One more cycle shows what the last one left.
    inputs = {name: np.concatenate([v, v[-1:]]) for name, v in inputs.items()}
    outputs, _ = circuit.run(inputs, state=State(position, circuit.reset().registers))
    return tuple(outputs[n][length::length].reshape(-1)[:size] for n in ("momentum", "weight"))


def assert_equals_cycles(circuit, codes, rate, position):
    """Check that a tensor's update is that of its groups, and leaves its arguments alone."""
    before = [array.copy() for array in codes]
    *found, after = circuit.step_tensor(*codes, rate=rate, position=position)
    for array, expected in zip(found, by_cycles(circuit, *codes, rate, position), strict=True):
        assert array.dtype == np.int32
        np.testing.assert_array_equal(array, expected)
    assert after == position + -(-len(codes[0]) // circuit.lanes) * circuit.cycles_per_step
    for array, copy in zip(codes, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def counter_codes(circuit, size, rng):
    """Return codes of 5, 7 and some bits: momenta and weights anywhere, and at their ends."""
    low, high = circuit.weight_range
    return (
        rng.integers(-32, 33, size),
        # Also between the steps of a counter.
        rng.choice([-128, -127, 0, 1, 126, 127, 128, 64, -40], size),
        rng.choice([low, low + 1, -1, 0, high - 2, high], size),
    )
