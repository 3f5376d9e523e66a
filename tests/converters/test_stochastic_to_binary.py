import numpy as np
import pytest

from stochastic import Sng, StochasticToBinary, VanDerCorput


def windows(outputs):
    """Return the results that `valid` announces, one lane."""
    return outputs["result"][outputs["valid"] == 1].tolist()


@pytest.mark.parametrize("n", range(11))
def test_full_scale_does_not_overflow(n):
    circuit = StochasticToBinary(length=1 << n)
    outputs, _ = circuit.run({"stream": np.ones(3 * (1 << n) + 1, int)})
    assert windows(outputs) == [1 << n] * 3
    assert circuit.outputs[1].range[1] >= 1 << n


@pytest.mark.parametrize("length", [1, 2, 63, 64, 65, 256])
@pytest.mark.parametrize("range_", [1, 2, 3, 8, 65535])
def test_ends_of_a_signed_window(length, range_):
    circuit = StochasticToBinary(length=length, encoding="sign-magnitude", range=range_)
    stream = np.full(2 * length + 1, range_)
    sign = np.arange(len(stream)) < length
    outputs, _ = circuit.run({"stream": stream, "stream_sign": sign})
    assert windows(outputs) == [-length * range_, length * range_]
    low, high = circuit.outputs[1].range
    assert low <= -length * range_ <= length * range_ <= high


@pytest.mark.parametrize("length", [1, 2, 63, 64, 65, 256])
def test_windows_follow_without_a_gap(length):
    stream = np.random.default_rng(length).integers(0, 2, 5 * length + 1)
    outputs, _ = StochasticToBinary(length=length).run({"stream": stream})
    assert windows(outputs) == stream[:-1].reshape(5, length).sum(axis=1).tolist()
    # Valid stands in the first cycle of each window but the first, and the count is 0 there.
    expected = np.arange(len(stream)) % length == 0
    expected[0] = False
    np.testing.assert_array_equal(outputs["valid"][:, 0], expected)
    assert not outputs["count"][::length].any()


def test_count_is_the_sum_so_far():
    stream = np.random.default_rng(0).integers(0, 6, 100)
    outputs, _ = StochasticToBinary(length=100, range=5).run({"stream": stream})
    np.testing.assert_array_equal(outputs["count"][:, 0], np.cumsum(stream) - stream)


def test_reset_begins_a_window_anew():
    rst = np.zeros(12, bool)
    rst[5] = True
    outputs, _ = StochasticToBinary(length=4).run({"stream": np.ones(12, int)}, rst=rst)
    assert outputs["count"][:, 0].tolist() == [0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 0, 1]
    assert outputs["valid"][:, 0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert outputs["result"][:, 0].tolist() == [0, 0, 0, 0, 4, 4, 0, 0, 0, 0, 4, 4]


def test_enable_freezes_the_window_and_valid():
    enable = [1, 1, 0, 0, 1, 1]
    outputs, _ = StochasticToBinary(length=2).run({"stream": np.ones(6, int)}, enable=enable)
    assert outputs["valid"][:, 0].tolist() == [0, 0, 1, 1, 1, 0]
    assert outputs["count"][:, 0].tolist() == [0, 1, 0, 0, 0, 1]
    assert outputs["result"][:, 0].tolist() == [0, 0, 2, 2, 2, 2]


@pytest.mark.parametrize("width", range(1, 11))
def test_round_trip_of_every_code(width):
    codes = np.arange((1 << width) + 1)
    inputs = {"code": np.tile(codes, ((1 << width) + 1, 1))}
    streams, _ = Sng(generator=VanDerCorput(width=width)).run(inputs)
    outputs, _ = StochasticToBinary(length=1 << width).run({"stream": streams["stream"]})
    np.testing.assert_array_equal(outputs["result"][-1], codes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 0}, "StochasticToBinary length must be between 1 and 4294967296, not 0"),
        ({"range": 0}, "StochasticToBinary range must be between 1 and 65535, not 0"),
        ({"range": 65536}, "StochasticToBinary range must be between 1 and 65535, not 65536"),
        (
            {"encoding": "signed"},
            "StochasticToBinary encoding must be one of unipolar, bipolar, sign-magnitude, "
            "not 'signed'",
        ),
    ],
)
def test_errors(changes, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        StochasticToBinary(length=8).replace(**changes)


def test_stream_beyond_its_range():
    with pytest.raises(ValueError, match=r"^port stream takes values from 0 to 5, not 6$"):
        StochasticToBinary(length=8, range=5).run({"stream": [6]})


def test_state_of_other_lanes():
    circuit = StochasticToBinary(length=8)
    with pytest.raises(ValueError, match=r"^the state is one of 2 lanes, not of 3$"):
        circuit.run({"stream": np.zeros((4, 3), int)}, state=circuit.reset(2))
