"""Sources of words with known sequences."""

from __future__ import annotations

import numpy as np


class Words:
    """Pseudo-random words without a period that anybody knows of."""

    def __init__(self, width=7):
        self.width = width

    def words(self, n, start=0):
        t = np.arange(start, start + n, dtype=np.uint64) + np.uint64(1)
        return (t * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - self.width)).astype(
            np.uint32
        )


class Periodic(Words):
    period = 37

    def words(self, n, start=0):
        return np.resize(super().words(37), n + start % 37)[start % 37 :]
