"""Means over windows in roles, against fractions."""

from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn

from fixedpoint.layers import with_roles
from stochastic import Lfsr
from tests.support.role_oracle import CASES, Oracle, check, fractions, numbers

POOLS = {
    "all pixels": (nn.AdaptiveAvgPool2d(1), (5, 4), (5, 5)),
    "thirds": (nn.AvgPool2d(3), (6, 7), (3, 3)),
    "overlapping": (nn.AvgPool2d(3, stride=1, padding=1), (3, 4), (3, 3)),
    "padding not counted": (
        nn.AvgPool2d((2, 3), stride=2, padding=1, count_include_pad=False), (3, 4), None,
    ),
    "sticking out": (nn.AvgPool2d(2, ceil_mode=True), (3, 5), None),
}  # fmt: skip


def windows(layer, rows, columns):
    """Return, for each window, the pixels in it and what it divides by, apart from torch."""
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        every = [(i, j) for i in range(rows) for j in range(columns)]
        return {(0, 0): (every, len(every))}
    pairs = [v if isinstance(v, tuple) else (v, v) for v in
             (layer.kernel_size, layer.stride, layer.padding)]  # fmt: skip
    axes = []
    for size, kernel, stride, padding in zip((rows, columns), *pairs, strict=True):
        places, begin = [], -padding
        while begin + kernel <= size + padding or (
            layer.ceil_mode and begin < size and begin + kernel - stride < size + padding
        ):
            inside = [i for i in range(begin, begin + kernel) if 0 <= i < size]
            counted = [i for i in range(begin, begin + kernel) if i < size + padding]
            places.append((inside, len(counted if layer.count_include_pad else inside)))
            begin += stride
        axes.append(places)
    return {
        (p, q): ([(i, j) for i in over for j in along_], high * wide)
        for p, (over, high) in enumerate(axes[0])
        for q, (along_, wide) in enumerate(axes[1])
    }


@pytest.mark.parametrize("roles", ["nearest", "stochastic", "wide"])
@pytest.mark.parametrize("name", POOLS)
def test_means_equal_fractions(name, roles):
    layer, (rows, columns), _ = POOLS[name]
    x = numbers(5, 2, 3, rows, columns).requires_grad_(True)
    made = with_roles(layer, CASES[roles], bits=Lfsr(width=16, seed=4))
    found = made(x)
    sent = numbers(6, *found.shape)
    found.backward(sent)
    oracle = Oracle(CASES[roles], 4)
    pools = windows(layer, rows, columns)
    a, bits = oracle.codes("sum", fractions(x))
    means = np.empty(found.shape, object)
    counts = np.empty(found.shape, object)
    for place, (inside, count) in pools.items():
        counts[(..., *place)] = count
        for n, c in np.ndindex(2, 3):
            total = sum(a[n, c, i, j] for i, j in inside)
            # A quotient has 53 bits before it is rounded: Python divides integers so.
            means[(n, c, *place)] = Fraction(int(total) / count) * Fraction(2) ** -bits
    out = oracle.values("sum", means)
    e, bits = oracle.codes("error", fractions(sent))
    shares = np.array(
        [Fraction(int(v) / n) for v, n in zip(e.flat, counts.flat, strict=True)], object
    ).reshape(e.shape)
    shares = oracle.values("sum", shares * Fraction(2) ** -bits)
    leaving = np.zeros(x.shape, object)
    for place, (inside, _) in pools.items():
        for i, j in inside:
            leaving[..., i, j] += shares[(..., *place)]
    check((found, x.grad), (out, oracle.values("error", leaving)))
