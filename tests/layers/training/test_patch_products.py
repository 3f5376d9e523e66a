"""Convolutions by patches, against PyTorch's in float64."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional

from fixedpoint.layers.layer_sums import Geometry
from fixedpoint.layers.training import patch_products
from fixedpoint.layers.training.patch_products import patch_gradient, patch_sums

# Images, outputs, channels, height, width, kernel, stride, padding.
CASES = [
    (5, 4, 3, 8, 7, (3, 3), (1, 1), (1, 1)),
    (2, 3, 2, 9, 6, (3, 2), (2, 1), (0, 2)),
    (3, 1, 1, 5, 5, (1, 1), (2, 2), (0, 0)),
    (1, 2, 4, 3, 3, (3, 3), (1, 1), (0, 0)),
    (4, 2, 3, 1, 1, (1, 1), (1, 1), (0, 0)),
    (0, 2, 3, 4, 4, (3, 3), (1, 1), (1, 1)),
]


def operands(images, outputs, channels, height, width, kernel, stride, padding):
    """Return codes of 20 bits, whose products have 39 bits, and the geometry."""
    rng = np.random.default_rng(1)

    def codes(*shape):
        return torch.from_numpy(rng.integers(-(2**19), 2**19, shape)).float()

    rows, columns = (
        (size + 2 * pad - extent) // step + 1
        for size, pad, extent, step in zip(
            (height, width), padding, kernel, stride, strict=True
        )
    )
    return (
        codes(images, channels, height, width),
        codes(outputs, channels, *kernel),
        codes(images, outputs, rows, columns),
        Geometry(stride, padding),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("block", [1, 200, 1 << 16])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_products_equal_those_of_torch(case, block, memory, monkeypatch):
    monkeypatch.setattr(patch_products, "_BLOCK", block)
    a, w, e, geometry = operands(*case)
    a, e = (t.contiguous(memory_format=memory) for t in (a, e))
    weight = w.double().requires_grad_(True)
    expected = functional.conv2d(
        a.double(), weight, stride=geometry.stride, padding=geometry.padding
    )
    assert torch.equal(patch_sums(a, w, geometry), expected)
    expected.backward(e.double())
    assert torch.equal(patch_gradient(a, e, w.shape, geometry), weight.grad)


def test_the_comparison_sees_a_tap_in_another_place():
    a, w, e, geometry = operands(*CASES[0])
    expected = functional.conv2d(a.double(), w.double(), padding=1)
    assert not torch.equal(patch_sums(a, w.flip(3), geometry), expected)
    gradient = patch_gradient(a, e, w.shape, geometry)
    assert not torch.equal(patch_gradient(a, e.roll(1, 3), w.shape, geometry), gradient)
