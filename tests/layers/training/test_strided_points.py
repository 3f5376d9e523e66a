"""Strided 1x1 convolutions: torch may write beyond its memory in their gradients."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixedpoint import Format
from fixedpoint.layers.layer_sums import Geometry, convolve
from fixedpoint.layers.training.convolution_products import gradient_product
from fixedpoint.layers.training.tensor_codes import CodeTensor
from stochastic.training import NETWORKS
from stochastic.training.networks.memory_formats import fastest_format

LAST = torch.channels_last


def integers(*shape):
    rng = np.random.default_rng(sum(shape))
    return rng.integers(-99, 100, shape).astype(np.float32)


@pytest.mark.parametrize("stride", [(2, 2), (2, 1), (1, 3), (1, 1)])
@pytest.mark.parametrize("channels", [1, 6, 7, 8])
def test_products_equal_sums_of_integers(channels, stride):
    x, w = integers(5, channels, 6, 7), integers(4, channels, 1, 1)
    points = x[:, :, :: stride[0], :: stride[1]]
    e = integers(5, 4, *points.shape[2:])
    a, weight, errors = (torch.from_numpy(t).contiguous(memory_format=LAST) for t in (x, w, e))
    a.requires_grad_(True)
    weight.requires_grad_(True)
    sums = convolve(a, weight, None, Geometry(stride))
    sums.backward(errors)
    assert np.array_equal(sums.detach(), np.einsum("nchw,oc->nohw", points, w[..., 0, 0]))
    of_weights = np.einsum("nchw,nohw->oc", points, e)
    assert np.array_equal(weight.grad[..., 0, 0], of_weights)
    of_inputs = np.zeros_like(x)
    of_inputs[:, :, :: stride[0], :: stride[1]] = np.einsum("nohw,oc->nchw", e, w[..., 0, 0])
    assert np.array_equal(a.grad, of_inputs)
    codes = [CodeTensor(t.detach(), Format.parse("sQ8.0")) for t in (a, errors)]
    made = gradient_product(*codes, (4, channels, 1, 1), Geometry(stride))
    assert np.array_equal(made[..., 0, 0], of_weights)


def test_padding_and_larger_kernels_keep_all_inputs():
    x = torch.from_numpy(integers(2, 3, 6, 7))
    for geometry, kernel in ((Geometry((2, 2), (0, 1)), (1, 1)), (Geometry((2, 2)), (1, 2))):
        kept, same = geometry.points_read(x, kernel)
        assert kept is x and same is geometry


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("width", [1 / 16, 1 / 8])
def test_only_narrow_networks_with_such_layers_keep_the_default_format(name, width):
    found = fastest_format(NETWORKS[name](width=width))
    narrow = name == "resnet18" and width < 1 / 8
    assert found is (torch.contiguous_format if narrow else LAST)


REPEATED = """
import torch
from fixedpoint.layers.layer_sums import Geometry, convolve
last = torch.channels_last
for _ in range(60):
    x = torch.ones(16, 6, 14, 14).contiguous(memory_format=last)
    weight = torch.ones(12, 6, 1, 1, requires_grad=True)
    convolve(x, weight, None, Geometry((2, 2))).sum().backward()
    others = [torch.ones(7 * n + 1) for n in range(200)]
    assert weight.grad.unique().item() == 16 * 49
print("whole")
"""


def test_gradients_in_a_loop_leave_the_memory_whole():
    """On a processor without AVX-512 torch's own convolution ends the process here."""
    done = subprocess.run(
        [sys.executable, "-c", REPEATED], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "whole", done.stderr
