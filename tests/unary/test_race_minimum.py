"""RaceMinimum of every pair of times."""

import numpy as np

from stochastic import Bitstream, RaceMinimum


def test_every_pair_of_times():
    edges = np.arange(9) >= np.arange(10)[:, None]
    a, b = (
        Bitstream.from_bits(edges[:, None], "unipolar"),
        Bitstream.from_bits(edges[None], "unipolar"),
    )
    found = RaceMinimum().apply(a=a, b=b)
    times = 9 - found.count()
    np.testing.assert_array_equal(times, np.minimum(*np.indices((10, 10))))
