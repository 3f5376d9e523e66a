from fractions import Fraction

import numpy as np
import pytest
import torch

from fixedpoint import Bfloat16Adder, Bfloat16Multiplier, Rounding, from_bfloat16, to_bfloat16
from fixedpoint.bfloat16.number import add, multiply
from stochastic import Counter, Lfsr

ADDER = Bfloat16Adder(rounding=Rounding.NEAREST_EVEN)
NAN = 0x7FC0


def tensor(patterns):
    return torch.from_numpy(np.asarray(patterns).astype(np.uint16).view(np.int16)).view(
        torch.bfloat16
    )


def patterns(tensor):
    """Return a tensor's patterns, with one pattern for all that is not a number."""
    bits = tensor.view(torch.int16).numpy().view(np.uint16).astype(np.int64)
    return np.where((bits & 0x7FFF) > 0x7F80, NAN, bits)


def run(circuit, a, b):
    outputs, _ = circuit.run({"a": a, "b": b})
    return outputs["result"][:, 0]


def test_numbers_of_all_patterns():
    every = np.arange(1 << 16)
    expected = tensor(every).float().numpy()
    np.testing.assert_array_equal(
        from_bfloat16(every).view(np.uint32), expected.view(np.uint32)
    )
    back = to_bfloat16(from_bfloat16(every))
    np.testing.assert_array_equal(back, patterns(tensor(every)))
    assert back.dtype == np.uint16


def test_patterns_of_singles():
    bits = np.random.default_rng(1).integers(0, 1 << 32, 200_000, dtype=np.uint32)
    # Ties and what is next to them.
    bits[::4] = bits[::4] & 0xFFFF0000 | 0x8000
    bits[1::4] = bits[1::4] & 0xFFFF0000 | 0x7FFF
    values = bits.view(np.float32)
    expected = patterns(torch.from_numpy(values).to(torch.bfloat16))
    np.testing.assert_array_equal(to_bfloat16(values), expected)


def test_doubles_are_rounded_once():
    # As a single the first would be a tie, which goes down.
    assert to_bfloat16(1 + 2**-8 + 2**-40) == 0x3F81
    assert to_bfloat16(1 + 2**-8) == 0x3F80
    assert to_bfloat16(2**-134 + 2**-180) == 1
    assert to_bfloat16(-(2**-134)) == 0x8000
    assert to_bfloat16([1e300, -1e300, 2**-1074, 2.0**128 - 2.0**119]).tolist() == [
        0x7F80,
        0xFF80,
        0,
        0x7F80,
    ]


def test_shapes_of_conversions():
    assert to_bfloat16(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    assert from_bfloat16(np.zeros((0,), int)).shape == (0,)
    assert to_bfloat16(1.5).shape == from_bfloat16(0x3FC0).shape == ()
    turned = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(from_bfloat16(to_bfloat16(turned)), turned)


def corners():
    """Return pairs of patterns with fractions and exponents at all ends."""
    exponents = [0, 1, 2, 3, 8, 9, 10, 63, 64, 120, 126, 127, 128, 135, 190, 252, 253, 254, 255]
    fractions = [0, 1, 2, 63, 64, 65, 126, 127]
    some = np.array([e << 7 | f for e in exponents for f in fractions])
    some = np.concatenate([some, some | 0x8000])
    return (x.reshape(-1) for x in np.meshgrid(some, some))


def random_pairs(n):
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 1 << 16, (2, n))
    near = np.clip((a >> 7 & 255) + rng.integers(-11, 12, n), 0, 255)
    half = n // 2
    b[:half] = b[:half] & 0x807F | near[:half] << 7
    return a, b


@pytest.mark.parametrize("pairs", [corners, lambda: random_pairs(500_000)])
def test_sums_are_those_of_torch(pairs):
    a, b = pairs()
    np.testing.assert_array_equal(run(ADDER, a, b), patterns(tensor(a) + tensor(b)))


@pytest.mark.parametrize("pairs", [corners, lambda: random_pairs(500_000)])
def test_products_are_those_of_torch(pairs):
    a, b = pairs()
    product = run(Bfloat16Multiplier(), a, b)
    np.testing.assert_array_equal(product, patterns(tensor(a) * tensor(b)))


# The product is 1 or so, subnormal at every place, or infinite.
@pytest.mark.parametrize("exponents", [127, *range(54, 65), 190, 191, 0])
def test_products_of_all_significands(exponents):
    a, b = np.meshgrid(np.arange(128) | exponents << 7, np.arange(128) | 64 << 7)
    a, b = a.reshape(-1), b.reshape(-1)
    product = run(Bfloat16Multiplier(), a, b)
    np.testing.assert_array_equal(product, patterns(tensor(a) * tensor(b)))
    # No neighbour is nearer to the exact product, and none as near has an even pattern.
    for x, y, pattern in list(zip(a.tolist(), b.tolist(), product.tolist(), strict=True))[::97]:
        exact = number(x) * number(y)
        distance = abs(number(pattern) - exact)
        for other in (pattern - 1, pattern + 1):
            if 0 <= other < 0x7F80 > pattern:
                further = abs(number(other) - exact)
                assert further > distance or (further == distance and pattern % 2 == 0)


def number(pattern):
    return Fraction(from_bfloat16(pattern).item()) if pattern < 0x7F80 else Fraction(2) ** 128


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


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        (0x0000, 0xBF80, 0x8000),
        (0x8000, 0x8000, 0x0000),
        (0x7F80, 0x8000, NAN),
        (0x7F80, 0xBF80, 0xFF80),
        (0x7FC1, 0x3F80, NAN),
        (0x7F7F, 0x4000, 0x7F80),
        # 2^-133 / 2 is a tie, which goes to 0; 3/2 of it goes to twice the least number.
        (0x0001, 0x3F00, 0x0000),
        (0x0003, 0x3F00, 0x0002),
        (0x0001, 0xBFC0, 0x8002),
        (0x0080, 0x3F00, 0x0040),
        (0x00FF, 0x3F00, 0x0080),
    ],
)
def test_products_of_ieee_754(a, b, product):
    assert run(Bfloat16Multiplier(), [a, b], [b, a]).tolist() == [product, product]
    assert multiply(a, b) == multiply(b, a) == product


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
