"""The unit with its own memories: passes, reads and writes, reset, and bad input."""

import numpy as np
import pytest

from stochastic import Counter, Lfsr, MomentumSgdLanes, MomentumSgdMemory

pytestmark = pytest.mark.slow


def network(depth=4, cycles_per_step=1, lanes=3):
    return MomentumSgdMemory(
        circuit=MomentumSgdLanes(
            lanes=lanes,
            momentum_bits=6,
            weight_bits=8,
            decay_shift=2,
            cycles_per_step=cycles_per_step,
            rate_bits=3,
            gradient_generator=Lfsr(width=5),
            momentum_generator=Lfsr(width=6),
        ),
        depth=depth,
    )


class Driver:
    """Holds a network's state, and drives it through its two ports."""

    def __init__(self, network):
        self.network, self.state = network, None
        self.lanes = network.circuit.lanes

    def cycle(self, rst=False, **inputs):
        """Run one cycle with some inputs, the others 0."""
        given = {
            p.name: np.array(inputs.get(p.name, np.zeros(p.count)), np.int64).reshape(1, -1)
            for p in self.network.inputs
        }
        outputs, self.state = self.network.run(given, rst=[rst], state=self.state)
        return {name: values[0] for name, values in outputs.items()}

    def write(self, momentum, weight):
        """Write all rows."""
        for address in range(self.network.depth):
            row = slice(address * self.lanes, (address + 1) * self.lanes)
            values = {"momentum_in": momentum[row], "weight_in": weight[row]}
            while True:
                if self.cycle(write_valid=1, address=address, **values)["write_ready"][0]:
                    break

    def step(self, gradient, rate, rng):
        """Pass the gradients of all rows, with pauses."""
        for row in gradient.reshape(-1, self.lanes):
            while True:
                valid = int(rng.random() < 0.7)
                shown = self.cycle(input_valid=valid, rate=rate, gradient=row)
                if valid and shown["input_ready"][0]:
                    break

    def settle(self):
        """Wait until the last group is back in its row."""
        for _ in range(self.network.circuit.cycles_per_step + 1):
            self.cycle()

    def read(self):
        """Return all momenta and weights."""
        shown = [self.cycle(address=a) for a in range(self.network.depth)]
        return tuple(np.ravel([s[name] for s in shown]) for name in ("momentum", "weight"))


def codes(network, name, rng):
    port = next(p for p in network.ports if p.name == name)
    return rng.integers(*port.range, network.depth * network.circuit.lanes, endpoint=True)


@pytest.mark.parametrize(("depth", "cycles_per_step"), [(4, 1), (2, 1), (2, 4), (5, 2)])
def test_passes_are_steps_of_a_tensor(depth, cycles_per_step):
    made = network(depth, cycles_per_step)
    rng = np.random.default_rng(1)
    driver = Driver(made)
    momentum, weight = codes(made, "momentum_in", rng), codes(made, "weight_in", rng)
    driver.write(momentum, weight)
    position = 0
    for rate in (1, 7, 0, 3):
        gradient = codes(made, "gradient", rng)
        driver.step(gradient, rate, rng)
        momentum, weight, position = made.circuit.step_tensor(
            gradient, momentum, weight, rate=rate, position=position
        )
    driver.settle()
    found = driver.read()
    np.testing.assert_array_equal(found[0], momentum)
    np.testing.assert_array_equal(found[1], weight)


def test_it_begins_at_zero_and_reset_brings_that_back():
    made = network()
    rng = np.random.default_rng(2)
    driver = Driver(made)
    assert not np.any(driver.read())
    driver.write(codes(made, "momentum_in", rng), codes(made, "weight_in", rng))
    driver.step(codes(made, "gradient", rng)[: 2 * driver.lanes], 1, rng)
    assert np.any(driver.read())
    assert driver.cycle()["group"][0] == 2
    driver.cycle(rst=True)
    assert not np.any(driver.read())
    assert driver.cycle()["group"][0] == 0
    # The generators begin anew, too: the next pass is a network's first.
    gradient = codes(made, "gradient", rng)
    driver.step(gradient, 5, rng)
    driver.settle()
    zero = np.zeros_like(gradient)
    momentum, weight, _ = made.circuit.step_tensor(gradient, zero, zero, rate=5)
    np.testing.assert_array_equal(driver.read(), [momentum, weight])


def test_reset_drops_the_group_inside():
    made = network(cycles_per_step=4)
    driver = Driver(made)
    full = np.full(3, made.circuit.gradient_limit)
    driver.cycle(input_valid=1, rate=1, gradient=full)
    driver.cycle()
    driver.cycle(rst=True)
    driver.settle()
    assert not np.any(driver.read())


def test_a_write_waits_until_nothing_is_inside_and_gradients_wait_for_it():
    made = network(cycles_per_step=4)
    driver = Driver(made)
    full = np.full(3, made.circuit.gradient_limit)
    given = {"input_valid": 1, "rate": 1, "gradient": full}
    assert driver.cycle(**given)["input_ready"][0]
    writing = {"write_valid": 1, "address": 0, "momentum_in": [1, 2, 3], "weight_in": [4, 5, 6]}
    shown = [driver.cycle(**given, **writing) for _ in range(5)]
    # Three more cycles of the group, one in which it is written back, then the write.
    assert [int(s["write_ready"][0]) for s in shown] == [0, 0, 0, 0, 1]
    assert not any(s["input_ready"][0] for s in shown)
    after = driver.cycle(address=0)
    assert after["momentum"].tolist() == [1, 2, 3]
    assert after["weight"].tolist() == [4, 5, 6]


def test_a_new_row_is_read_so_many_cycles_later():
    for cycles_per_step in (1, 4):
        made = network(cycles_per_step=cycles_per_step)
        driver = Driver(made)
        full = np.full(3, made.circuit.gradient_limit)
        driver.cycle(input_valid=1, rate=1, gradient=full)
        rows = [driver.cycle(address=0)["momentum"] for _ in range(cycles_per_step + 1)]
        assert not np.any(rows[:-1])
        assert np.all(rows[-1])


def test_depth_must_be_two_or_more():
    for depth in (1, 65537):
        sentence = f"MomentumSgdMemory depth must be between 2 and 65536, not {depth}"
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            network(depth)


def test_circuit_must_update_parameters():
    sentence = (
        r"MomentumSgdMemory circuit must update parameters, as MomentumSgdLanes does, "
        r"not Counter\(width=3, phase=0, direction='up'\)"
    )
    with pytest.raises(TypeError, match=f"^{sentence}$"):
        MomentumSgdMemory(circuit=Counter(width=3), depth=4)


def test_an_address_beyond_the_last_row_is_refused():
    sentence = "port address takes values from 0 to 4, not 5"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Driver(network(5)).cycle(address=5)
