"""RaceMaximum of every pair of times."""

import numpy as np

from stochastic import Bitstream, RaceMaximum


def test_every_pair_of_times():
    edges = np.arange(9) >= np.arange(10)[:, None]
    a, b = (
        Bitstream.from_bits(edges[:, None], "unipolar"),
        Bitstream.from_bits(edges[None], "unipolar"),
    )
    found = RaceMaximum().apply(a=a, b=b)
    times = 9 - found.count()
    np.testing.assert_array_equal(times, np.maximum(*np.indices((10, 10))))
