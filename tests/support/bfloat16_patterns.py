"""Patterns of bfloat16 numbers, and what PyTorch makes of them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

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
    """Return the result of an operation on pairs of patterns."""
    outputs, _ = circuit.run({"a": a, "b": b})
    return outputs["result"][:, 0]


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
