"""Maximum of integral streams."""

import numpy as np

from stochastic import IntegralMaximum


def test_the_stream_with_the_largest_mean_wins():
    rng = np.random.default_rng(1)
    means = np.array([0.2, 0.9, 0.5, 0.4])
    values = rng.binomial(4, means, (4000, 4))
    outputs, _ = IntegralMaximum(fan_in=4, range=4, counter_bits=10).run({"values": values})
    # Means differ by 1.6 at least: the sums part within some tens of cycles.
    np.testing.assert_array_equal(outputs["maximum"][200:, 0], values[200:, 1])


def test_the_first_of_equal_sums_passes():
    unit = IntegralMaximum(fan_in=2, range=3)
    outputs, _ = unit.run({"values": [[1, 1], [2, 0], [0, 3]]})
    assert outputs["maximum"][:, 0].tolist() == [1, 2, 0]


def test_sums_saturate():
    unit = IntegralMaximum(fan_in=2, range=1, counter_bits=2)
    _, state = unit.run({"values": [[1, 0]] * 5})
    assert state.registers["sums"].tolist() == [0, -2]
