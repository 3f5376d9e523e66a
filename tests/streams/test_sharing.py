"""Correlation of shared generators against all pairs of streams."""

import numpy as np
import pytest

from stochastic import Counter, Lfsr, encode_codes, scc, sharing_error


@pytest.mark.parametrize("second", [Lfsr(width=4).rotated(2), Counter(width=4)])
def test_every_pair_of_codes(second):
    first, length = Lfsr(width=4), 15
    codes = np.arange(17)
    a = encode_codes(codes, first, length=length, encoding="unipolar").bits()[:, None]
    b = encode_codes(codes, second, length=length, encoding="unipolar").bits()[None]
    errors = (a & b).mean(axis=-1) - a.mean(axis=-1) * b.mean(axis=-1)
    found = sharing_error(first, second, length)
    assert found.rms == pytest.approx(np.sqrt((errors**2).mean()))
    assert found.largest == pytest.approx(np.abs(errors).max())
    constant = [np.isin(x.mean(axis=-1), (0, 1)) for x in (a, b)]
    varies = ~(constant[0] | constant[1])
    assert found.scc == pytest.approx(scc(*np.broadcast_arrays(a, b))[varies].mean())


def test_equal_and_opposite_sequences():
    up, down = Counter(width=5), Counter(width=5, direction="down")
    assert sharing_error(up, up, 32).scc == 1
    assert sharing_error(up, down, 32).scc == -1
