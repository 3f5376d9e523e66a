"""Sums of bfloat16 against PyTorch, exact sums and IEEE 754."""

import numpy as np
import pytest

from fixedpoint import Bfloat16Adder, Bfloat16Multiplier, Rounding, from_bfloat16
from fixedpoint.bfloat16.number import add
from stochastic import Counter, Lfsr
from tests.support.bfloat16_patterns import (
    NAN,
    corners,
    patterns,
    random_pairs,
    run,
    tensor,
    torch,
)

ADDER = Bfloat16Adder(rounding=Rounding.NEAREST_EVEN)


@pytest.mark.parametrize("pairs", [corners, lambda: random_pairs(500_000)])
def test_sums_are_those_of_torch(pairs):
    a, b = pairs()
    np.testing.assert_array_equal(run(ADDER, a, b), patterns(tensor(a) + tensor(b)))


@pytest.mark.parametrize(
    ("a", "b", "total"),
    [
        (0x0000, 0x8000, 0x0000),
        (0x8000, 0x8000, 0x8000),
        (0x3F80, 0xBF80, 0x0000),
        (0x7F80, 0x7F80, 0x7F80),
        (0x7F80, 0xFF80, NAN),
        (0xFF80, 0x7F7F, 0xFF80),
        (0xFF81, 0x0000, NAN),
        (0x7F80, 0x7FFF, NAN),
        # The largest number and half the distance to 2^128: a tie, which goes there.
        (0x7F7F, 0x7B00, 0x7F80),
        (0x7F7F, 0x7AFF, 0x7F7F),
        # Subnormal numbers, and the step to normal ones.
        (0x0001, 0x0001, 0x0002),
        (0x0080, 0x8001, 0x007F),
        (0x807F, 0x8001, 0x8080),
        # Ties to even, either way, and just beside one.
        (0x3F80, 0x3B80, 0x3F80),
        (0x3F81, 0x3B80, 0x3F82),
        (0x3F80, 0x3B81, 0x3F81),
        # Far below 1: the place is shorter by one bit, and the difference all but 1.
        (0x3F80, 0x8001, 0x3F80),
    ],
)
def test_sums_of_ieee_754(a, b, total):
    assert run(ADDER, [a, b], [b, a]).tolist() == [total, total]
    assert add(a, b) == add(b, a) == total


@pytest.mark.parametrize("width", [1, 4, 16])
@pytest.mark.parametrize("sign", [0, 0x8000])
def test_all_words_together_give_the_exact_sum(width, sign):
    """A sum of so many more bits is met by the mean over every word once."""
    circuit = Bfloat16Adder(rounding=Rounding.STOCHASTIC, generator=Counter(width=width))
    rng = np.random.default_rng(3)
    a = np.repeat(rng.integers(127 << 7, 128 << 7, (1, 50)), 1 << width, axis=0)
    # The last bit of b is that of the word's last one, below the last one of a.
    b = np.repeat(rng.integers(0, 128, (1, 50)) | (127 - width) << 7, 1 << width, axis=0)
    outputs, _ = circuit.run({"a": a ^ sign, "b": b ^ sign})
    # Between 2 and 4 one bit more is cut off.
    small = from_bfloat16(a[0]) + from_bfloat16(b[0]) < 2
    assert small.sum() > 10
    mean = from_bfloat16(outputs["result"]).astype(np.float64).mean(axis=0)
    total = from_bfloat16(a[0] ^ sign) + from_bfloat16(b[0] ^ sign).astype(np.float64)
    np.testing.assert_array_equal(mean[small], total[small])


def test_words_meet_what_is_far_below():
    circuit = Bfloat16Adder(rounding=Rounding.STOCHASTIC, generator=Counter(width=4))
    one, tiny = [0x3F80] * 16, np.full(16, 0x2180)  # 2^-60
    assert run(circuit, one, tiny).tolist() == [0x3F80] * 16
    # All bits cut off are 1, so that every word but 0 carries.
    assert run(circuit, one, tiny ^ 0x8000).tolist() == [0x3F7F] + [0x3F80] * 15
    assert run(circuit, np.array(one) ^ 0x8000, tiny).tolist() == [0xBF7F] + [0xBF80] * 15


def test_words_round_up_to_infinity():
    circuit = Bfloat16Adder(rounding=Rounding.STOCHASTIC, generator=Counter(width=2))
    # The largest number and a quarter of the distance to 2^128.
    assert run(circuit, [0x7F7F] * 4, [0x7A80] * 4).tolist() == [0x7F7F] * 3 + [0x7F80]


def test_flushed_subnormals_are_refused():
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormal numbers to zero")
    try:
        for circuit in (ADDER, Bfloat16Multiplier()):
            with pytest.raises(
                RuntimeError,
                match="^this thread flushes subnormal numbers to zero, so bfloat16 would not "
                "be exact: switch that off first$",
            ):
                run(circuit, [1], [1])
    finally:
        torch.set_flush_denormal(False)
    assert run(ADDER, [1], [1]).tolist() == [2]


@pytest.mark.parametrize(
    ("rounding", "generator", "kind", "message"),
    [
        (
            "truncate",
            None,
            ValueError,
            "Bfloat16Adder rounding must be one of nearest_even, stochastic, not 'truncate'",
        ),
        (
            "stochastic",
            None,
            TypeError,
            "Bfloat16Adder generator must be a generator, since a rounding is STOCHASTIC, "
            "not None",
        ),
        (
            "stochastic",
            Lfsr(width=17),
            ValueError,
            "Bfloat16Adder generator width must be between 1 and 16, not 17",
        ),
        (
            "nearest_even",
            Counter(width=3),
            ValueError,
            "Bfloat16Adder generator must be None if no rounding is STOCHASTIC, not "
            r"Counter\(.*\)",
        ),
    ],
)
def test_errors(rounding, generator, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        Bfloat16Adder(rounding=rounding, generator=generator)


def test_patterns_have_16_bits():
    with pytest.raises(ValueError, match=r"^port a .*65536.*$"):
        run(ADDER, [65536], [0])
