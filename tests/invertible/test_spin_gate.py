"""The spin gate: every transition, both ends, both conventions, and the noise."""

import itertools

import numpy as np
import pytest

from fixedpoint.circuit import State
from stochastic import Counter, Lfsr, VanDerCorput, Xorshift32
from stochastic.invertible import Noise, SpinGate


def gate(**changes):
    values = {
        "h": 1,
        "weights": (2, -3),
        "limit": 4,
        "noise": Noise(weight=2),
        "generator": Counter(width=1),
    }
    return SpinGate(**{**values, **changes})


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 4])
def test_every_transition(limit, symmetric):
    """All counters, spins and words against the three equations of the paper."""
    top = limit if symmetric else limit - 1
    circuit = gate(limit=limit, symmetric=symmetric)
    for counter, a, b, word in itertools.product(
        range(-limit, top + 1), (0, 1), (0, 1), (0, 1)
    ):
        state = State(word, {"counter": np.array([counter])})
        outputs, after = circuit.run({"spins": [[a, b]]}, state=state)
        field = 1 + 2 * (1 if a else -1) - 3 * (1 if b else -1) + (2 if word else -2)
        expected = sorted((-limit, counter + field, top))[1]
        assert after.registers["counter"].tolist() == [expected]
        assert outputs["counter"].tolist() == [[counter]]
        assert outputs["spin"].tolist() == [[int(counter >= 0)]]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_range_ending_below_the_limit_has_no_preference(limit):
    """Inverting every sign inverts the behaviour: T -> -1 - T; with [-I0, I0] it does not."""
    rng = np.random.default_rng(limit)
    spins = rng.integers(0, 2, (300, 2))
    noise = Noise(weight=0)
    for symmetric, same in ((False, True), (True, False)):
        plus = gate(limit=limit, noise=noise, symmetric=symmetric, initial=0)
        minus = gate(limit=limit, noise=noise, symmetric=symmetric, h=-1, initial=-1)
        a, _ = plus.run({"spins": spins})
        b, _ = minus.run({"spins": 1 - spins})
        assert np.array_equal(a["counter"], -1 - b["counter"]) is same
        if same:
            assert np.array_equal(a["spin"], 1 - b["spin"])


def test_limit_port_and_clamp():
    circuit = gate(weights=(), h=5, noise=Noise(weight=0), limit_port=True, clamping=True)
    outputs, _ = circuit.run(
        {
            "limit": [4, 4, 2, 1, 4],
            "clamp": [0, 1, 1, 0, 0],
            "clamp_value": [0, 0, 1, 0, 0],
        }
    )
    assert outputs["counter"][:, 0].tolist() == [0, 3, 3, 1, 0]
    assert outputs["spin"][:, 0].tolist() == [1, 0, 1, 1, 1]
    assert circuit.latency == 0
    assert gate().latency == 1


def test_noise_density_of_a_full_period():
    noise = Noise(weight=3, density=3, density_bits=2)
    values = [noise.value(word) for word in range(8)]
    assert sorted(values) == [-3, -3, -3, 0, 0, 3, 3, 3]
    circuit = gate(
        weights=(), h=0, limit=100, noise=noise, generator=VanDerCorput(width=3), initial=50
    )
    outputs, after = circuit.run(cycles=8)
    steps = np.diff(np.append(outputs["counter"][:, 0], after.registers["counter"]))
    assert sorted(steps.tolist()) == sorted(values)


def test_kernel_equals_steps():
    rng = np.random.default_rng(5)
    for circuit in (
        gate(generator=Lfsr(width=5), noise=Noise(weight=3, density=5, density_bits=3)),
        gate(generator=Xorshift32(width=1), limit_port=True, clamping=True, symmetric=True),
        gate(weights=(), generator=Xorshift32(width=4)),
    ):
        inputs = {
            p.name: rng.integers(p.range[0], p.range[1] + 1, (200, p.count))
            for p in circuit.inputs
        }
        outputs, _ = circuit.run(inputs, cycles=200)
        words = circuit.generator.words(200).tolist()
        registers = {"counter": 0}
        for t in range(200):
            now = {
                n: v[t].tolist() if v.shape[1] > 1 else int(v[t, 0]) for n, v in inputs.items()
            }
            registers, shown = circuit.step(registers, [words[t]], **now)
            assert {n: int(v[t, 0]) for n, v in outputs.items()} == shown


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"h": 1.5}, TypeError, "SpinGate h must be an integer, not 1.5"),
        ({"weights": [1]}, TypeError, "SpinGate weights must be a tuple, not [1]"),
        ({"weights": (0.5,)}, TypeError, "SpinGate weight must be an integer, not 0.5"),
        ({"limit": 0}, ValueError, "SpinGate limit must be between 1 and 1048576, not 0"),
        ({"noise": 3}, TypeError, "SpinGate noise must be a Noise, not 3"),
        ({"initial": 4}, ValueError, "SpinGate initial must be between -4 and 3, not 4"),
        ({"generator": 1}, TypeError, "SpinGate generator must be a generator, not 1"),
        (
            {"noise": Noise(weight=1, density_bits=2)},
            ValueError,
            "SpinGate generator must have 3 bits or more, not 1",
        ),
        ({"clamping": 1}, TypeError, "SpinGate clamping must be True or False, not 1"),
    ],
)
def test_bad_parameters(changes, kind, message):
    with pytest.raises(kind) as error:
        gate(**changes)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weight": -1}, "Noise weight must be between 0 and 32767, not -1"),
        ({"weight": 1, "density": 2}, "Noise density must be between 1 and 1, not 2"),
        ({"weight": 1, "density_bits": 9}, "Noise density_bits must be between 0 and 8, not 9"),
    ],
)
def test_bad_noise(values, message):
    with pytest.raises(ValueError, match="Noise") as error:
        Noise(**values)
    assert str(error.value) == message
