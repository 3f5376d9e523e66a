"""What layers in roles compute, in fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fixedpoint import Format, Overflow, Rounding, WordReader
from fixedpoint.layers import Role, Roles, choose_format
from stochastic import Lfsr
from tests.support.quantization import fitted, rounded
from tests.support.training_roles import EIGHT, RANDOM

# Bits that the expected values keep of what has no end, and one more that tells of the rest.
PLACES = 300


class Oracle:
    """Rounds arrays of fractions as roles do, by integer division."""

    def __init__(self, roles, seed):
        self.roles, self.reader = roles, WordReader(Lfsr(width=16, seed=seed))

    def format(self, role, *arrays, finest=100):
        if role.frac_bits is not None:
            return Format(int_bits=role.width - role.frac_bits, frac_bits=role.frac_bits)
        numbers = [float(v) for array in arrays for v in array.flat]
        fmt = choose_format(numbers, role.width, method="maximum")
        frac_bits = min(finest, fmt.frac_bits, 100)
        return fmt.replace(int_bits=fmt.width - frac_bits, frac_bits=frac_bits)

    def codes(self, name, array, *, finest=100, fmt=None):
        """Return integers, and the bits of fraction that they have."""
        role = getattr(self.roles, name)
        fmt = fmt or self.format(role, array, finest=finest)
        last = np.moveaxis(array, 1, -1) if array.ndim == 4 else array
        random = role.rounding is Rounding.STOCHASTIC
        words = self.reader.read(last.size) if random else np.zeros(last.size, int)
        made = np.empty(last.size, object)
        for i, (value, word) in enumerate(zip(last.flat, words.tolist(), strict=True)):
            fine = Fraction(value) * 2 ** (fmt.frac_bits + PLACES)
            n = math.floor(fine) | (fine.denominator != 1)
            made[i] = int(rounded(n, PLACES, role.rounding, word, self.reader.width))
        made = fitted(made, fmt, Overflow.SATURATE)[0].reshape(last.shape)
        return (np.moveaxis(made, -1, 1) if array.ndim == 4 else made), fmt.frac_bits

    def values(self, name, array, **options):
        made, frac_bits = self.codes(name, array, **options)
        return made * Fraction(2) ** -frac_bits


def fractions(tensor):
    held = tensor.detach().double().numpy()
    return np.array([Fraction(v) for v in held.flat], object).reshape(held.shape)


def along(channels):
    """Return numbers of channels so that they go with ``[images, channels, rows, columns]``."""
    return np.array(channels, object)[None, :, None, None]


CASES = {
    "nearest": EIGHT,
    "stochastic": Roles(
        weight=RANDOM, activation=RANDOM, error=RANDOM, gradient=RANDOM,
        sum=RANDOM.replace(width=12),
    ),
    "fixed formats": Roles(
        weight=Role(width=6, frac_bits=4),
        activation=Role(width=6, frac_bits=3),
        error=Role(width=6, frac_bits=5),
        gradient=Role(width=10, frac_bits=4),
        sum=Role(width=10, frac_bits=6),
    ),
    "wide": Roles(
        weight=Role(width=24),
        activation=Role(width=24),
        error=Role(width=24, rounding=Rounding.CEIL),
        gradient=Role(width=24, rounding=Rounding.JAM),
        sum=Role(width=24, rounding=Rounding.TO_ZERO),
    ),
}  # fmt: skip


def check(tensors, arrays):
    for tensor, array in zip(tensors, arrays, strict=True):
        assert tensor.dtype == torch.float32
        assert [Fraction(v) for v in tensor.flatten().tolist()] == list(array.flat)


def numbers(seed, *shape, scale=1.0):
    made = np.random.default_rng(seed).normal(0, scale, shape)
    return torch.from_numpy(made.astype(np.float32))
