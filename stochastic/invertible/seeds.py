"""Many seeds from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_integer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["split_seed"]


def split_seed(seed: int, count: int, start: int = 0) -> NDArray[np.uint64]:
    """Return the words ``start .. start + count - 1`` of the generator SplitMix64.

    Different seeds and different words give unrelated values, none of them 0.

    Source: G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number
    Generators", OOPSLA 2014; the constants are those of Java's ``SplittableRandom``.

    Examples
    --------
    >>> [hex(word) for word in split_seed(0, 2).tolist()]
    ['0xe220a8397b1dcdaf', '0x6e789e6aa1b965f4']
    """
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    golden = np.uint64(0x9E3779B97F4A7C15)
    index = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + index * golden
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.where(z == 0, golden, z)
