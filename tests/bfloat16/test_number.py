"""bfloat16 numbers: conversion of values and patterns, against PyTorch."""

import numpy as np

from fixedpoint import from_bfloat16, to_bfloat16
from tests.support.bfloat16_patterns import patterns, tensor, torch


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


def test_large_integers_are_rounded_once():
    # Ties of integers of 61 and 64 bits lie at 2^52 and 2^55 above a number of bfloat16.
    tie, top = 2**60 + 2**52, 2**63 + 2**55
    for value, pattern in (
        (tie - 1, 0x5D80), (tie, 0x5D80), (tie + 1, 0x5D81), (-tie - 1, 0xDD81),
        (-(2**63), 0xDF00), (2**63 - 1, 0x5F00), (2**53 + 1, 0x5A00), (0, 0),
    ):  # fmt: skip
        assert to_bfloat16(np.array([value], np.int64)).tolist() == [pattern]
    unsigned = to_bfloat16(np.array([top, top + 1, 2**64 - 1], np.uint64))
    assert unsigned.tolist() == [0x5F00, 0x5F01, 0x5F80]
