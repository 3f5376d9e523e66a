from fractions import Fraction

import numpy as np
import pytest

from stochastic import Counter, Lfsr, MuxAdder, Sobol, VanDerCorput

SIZES = [
    (fan_in, width)
    for width in (1, 2, 3, 5, 8)
    for fan_in in (2, 3, 4, 5, 7, 8, 16, 31, 256)
    if fan_in <= 1 << width
]


def picks(adder):
    """Return how often each input is picked in one period: one lane per input, a one there."""
    k, cycles = adder.fan_in, adder.generator.period
    one_hot = np.tile(np.eye(k, dtype=int).reshape(-1), (cycles, 1))
    return adder.run({"streams": one_hot})[0]["mean"].sum(axis=0)


@pytest.mark.parametrize(("fan_in", "width"), SIZES)
def test_inputs_are_picked_as_evenly_as_words_allow(fan_in, width):
    counts = picks(MuxAdder(fan_in=fan_in, generator=VanDerCorput(width=width)))
    words = 1 << width
    assert counts.sum() == words
    assert set(counts.tolist()) <= {words // fan_in, -(-words // fan_in)}
    # The worst bias is that of ones on just the inputs that are picked once more.
    worst = sum(max(Fraction(int(c), words) - Fraction(1, fan_in), 0) for c in counts)
    rest = words % fan_in
    assert worst == Fraction(rest * (fan_in - rest), fan_in * words)


@pytest.mark.parametrize(("fan_in", "bits"), [(2, 1), (4, 2), (16, 4), (256, 8)])
def test_powers_of_two_take_the_upper_bits(fan_in, bits):
    generator = Lfsr(width=10)
    streams = np.random.default_rng(fan_in).integers(0, 2, (1023, fan_in))
    mean = MuxAdder(fan_in=fan_in, generator=generator).run({"streams": streams})[0]["mean"]
    picked = [int(f"{word:010b}"[:bits], 2) for word in generator.words(1023).tolist()]
    assert mean[:, 0].tolist() == streams[np.arange(1023), picked].tolist()


def test_lfsr_without_zero_never_picks_its_word():
    counts = picks(MuxAdder(fan_in=8, generator=Lfsr(width=3)))
    assert counts.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]


def test_constant_streams_pass_unchanged():
    adder = MuxAdder(fan_in=5, generator=Sobol(width=8, dimension=1))
    streams = np.repeat([[0, 1]], 5, axis=1)
    mean = adder.run({"streams": np.tile(streams, (256, 1))})[0]["mean"]
    assert mean.sum(axis=0).tolist() == [0, 256]


def test_widest_word():
    adder = MuxAdder(fan_in=65536, generator=Counter(width=32, direction="down"))
    streams = np.zeros((1, 65536), int)
    streams[0, 65535] = 1
    assert adder.run({"streams": streams})[0]["mean"].tolist() == [[1]]


def test_errors():
    with pytest.raises(TypeError, match=r"^MuxAdder generator must be a generator, not None$"):
        MuxAdder(fan_in=2, generator=None)
    with pytest.raises(
        ValueError,
        match=r"^MuxAdder fan_in with a 3-bit generator must be between 2 and 8, not 9$",
    ):
        MuxAdder(fan_in=9, generator=Lfsr(width=3))
    with pytest.raises(
        ValueError,
        match=r"^MuxAdder fan_in with a 3-bit generator must be between 2 and 8, not 1$",
    ):
        MuxAdder(fan_in=1, generator=Lfsr(width=3))
    rule = r"port streams takes an array \[cycles, lanes \* 3\], not one of shape \(2, 4\)"
    with pytest.raises(ValueError, match=f"^{rule}$"):
        MuxAdder(fan_in=3, generator=Lfsr(width=3)).run({"streams": np.zeros((2, 4), int)})
