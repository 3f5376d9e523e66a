"""The in-stream uMUL: both operands of one generator, unlike AND and XNOR."""

import numpy as np
import pytest

from stochastic import Bitstream, InStreamMultiplier, Sobol, VanDerCorput, encode


@pytest.mark.parametrize(("encoding", "bound"), [("unipolar", 0.04), ("bipolar", 0.08)])
def test_products_of_streams_of_one_generator(encoding, bound):
    generator = VanDerCorput(width=8)
    values = np.linspace(0 if encoding == "unipolar" else -1, 1, 9)
    a = encode(values[:, None], generator, 1024, encoding)
    b = encode(values[None], generator, 1024, encoding)
    product = InStreamMultiplier(generator=Sobol(width=8), encoding=encoding).apply(a=a, b=b)
    # Of the 1024 cycles the first 256 are the transient of the shift register.
    late = product.bits()[..., 256:].mean(axis=-1)
    late = late if encoding == "unipolar" else 2 * late - 1
    assert np.abs(late - np.outer(values, values)).max() <= bound


def test_starts_from_a_half():
    ones = Bitstream.from_bits([1] * 32, "unipolar")
    zeros = Bitstream.from_bits([0] * 32, "unipolar")
    gate = InStreamMultiplier(generator=VanDerCorput(width=4))
    # The register holds 0, 1, 0, 1 ...: a 1 leaves first, and then in every second cycle.
    words = VanDerCorput(width=4).words(16)
    expected = [int(w < 8 - (t + 1) // 2) for t, w in enumerate(words)] + [0] * 16
    assert gate.apply(a=ones, b=zeros).bits().astype(int).tolist() == expected


def test_errors():
    message = "^InStreamMultiplier generator must have a width up to 10, not 11$"
    with pytest.raises(ValueError, match=message):
        InStreamMultiplier(generator=VanDerCorput(width=11))
    gate = InStreamMultiplier(generator=VanDerCorput(width=2))
    a, b = (Bitstream.from_bits(bits, "unipolar") for bits in ([1, 0], [1, 0, 1]))
    message = "^InStreamMultiplier takes streams of one length, not 2 and 3$"
    with pytest.raises(ValueError, match=message):
        gate.apply(a=a, b=b)
