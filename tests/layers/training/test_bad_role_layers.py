"""Layers in roles: bad input in one sentence each."""

import re

import pytest

torch = pytest.importorskip("torch")
import pytest
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from fixedpoint import Rounding
from fixedpoint.layers import CrossEntropy, Role, with_roles
from fixedpoint.layers.training.addition import RoleSum
from tests.support.role_oracle import numbers
from tests.support.small_networks import Of, conv
from tests.support.training_roles import EIGHT

torch = pytest.importorskip("torch")


class Residual(nn.Module):
    def forward(self, x, y):
        return x + y


class Sigmoid(nn.Module):
    def forward(self, x):
        return torch.sigmoid(x)


class Loose(Of):
    """A network with a parameter that no layer has."""

    def __init__(self):
        super().__init__(lambda m, x: m.conv(x), conv=conv())
        self.scale = nn.Parameter(torch.ones(1))


def evaluated(value):
    norm = nn.BatchNorm1d(2).eval()
    norm.running_var[1] = value
    return with_roles(norm, EIGHT)(torch.zeros(2, 2))


def far_apart():
    """Errors in steps of 2^-60, from which multiples of 2^30 are taken."""
    coarse = Role(width=8, frac_bits=-30, rounding=Rounding.AWAY)
    roles = EIGHT.replace(sum=coarse, error=Role(width=8, frac_bits=60))
    x = numbers(1, 4, 1).requires_grad_(True)
    with_roles(nn.BatchNorm1d(1), roles)(x * 2.0**30).backward(torch.tensor([[2.0**-55]] * 4))


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_running_statistics_must_be_finite(value):
    sentence = "batch normalization needs running statistics that are finite"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        evaluated(value)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: with_roles(conv(), 8), "roles of layers must be Roles, not 8"),
        (
            lambda: with_roles(conv(), EIGHT, layers={"": None}),
            "roles of layers must be Roles, not None",
        ),
        (lambda: CrossEntropy(8), "roles of layers must be Roles, not 8"),
        (lambda: with_roles(8, EIGHT), "roles are given to a torch.nn.Module, not to 8"),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([0.0, 1.0])),
            "labels must be int64, not torch.float32",
        ),
        (
            lambda: CrossEntropy(EIGHT)(
                torch.zeros(1, 3), torch.tensor([1], dtype=torch.int32)
            ),
            "labels must be int64, not torch.int32",
        ),
    ],
)
def test_wrong_types(make, sentence):
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: with_roles(nn.Sequential(nn.Linear(1, 1)), EIGHT, layers={"1": EIGHT}),
            "roles are given to layers 0, not to '1'",
        ),
        (
            lambda: with_roles(nn.ReLU(), EIGHT, layers={"1": EIGHT}),
            "roles are given to no layer, not to '1'",
        ),
        (
            lambda: with_roles(nn.Conv2d(1, 1, 3, dilation=2), EIGHT),
            "fixed-point layers take convolutions of dilation 1, "
            f"not {nn.Conv2d(1, 1, 3, dilation=2)}",
        ),
        (
            lambda: with_roles(nn.AdaptiveAvgPool2d(2), EIGHT),
            "adaptive pooling in fixed point gives 1 pixel, "
            "unlike AdaptiveAvgPool2d(output_size=2)",
        ),
        (
            lambda: with_roles(Loose(), EIGHT),
            "a network in fixed point has parameters in layers, not scale",
        ),
        (
            lambda: with_roles(nn.Sequential(spectral_norm(nn.Conv2d(1, 1, 3))), EIGHT),
            "a network in fixed point trains weights and biases of layers, not parameters "
            "that these are computed from, as 0.parametrizations.weight.original",
        ),
        (
            lambda: with_roles(nn.BatchNorm2d(3, track_running_stats=False), EIGHT)(
                torch.zeros(1, 4, 2, 2)
            ),
            "batch normalization in training takes [images, 3, ...], not (1, 4, 2, 2)",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3).eval(), EIGHT)(torch.zeros(3)),
            "batch normalization in training takes [images, 3, ...], not (3,)",
        ),
        (
            lambda: with_roles(nn.Conv2d(3, 3, 1, groups=3), EIGHT)(torch.zeros(1, 4, 2, 2)),
            "a convolution in training takes [images, 3, rows, columns], not (1, 4, 2, 2)",
        ),
        (
            lambda: with_roles(nn.Conv2d(3, 3, 1), EIGHT)(torch.zeros(3, 2, 2)),
            "a convolution in training takes [images, 3, rows, columns], not (3, 2, 2)",
        ),
        (
            lambda: with_roles(nn.Conv2d(3, 3, (1, 5), padding=1), EIGHT)(
                torch.zeros(1, 3, 2, 2)
            ),
            "a convolution in training takes images that hold its kernel of (1, 5), "
            "not images of (2, 2) with a padding of (1, 1)",
        ),
        (
            lambda: with_roles(nn.Linear(3, 1), EIGHT)(torch.zeros(2, 4)),
            "a linear layer in training takes [..., 3], not (2, 4)",
        ),
        (
            lambda: with_roles(nn.AdaptiveAvgPool2d(1), EIGHT)(torch.zeros(2, 4)),
            "a mean in training takes [images, channels, rows, columns], not (2, 4)",
        ),
        (
            lambda: with_roles(nn.AvgPool2d(1), EIGHT)(torch.full((1, 1, 1, 1), 2.0**127)),
            "a role without a fixed format takes numbers below 2**127 in size, "
            "not 1.7014118346046923e+38",
        ),
        (
            # The least slope, 2^30, times the largest code: 2^7 * 2^30 * 2^30 * 2^(60 + 12).
            far_apart,
            "what batch normalization takes from errors must stay below 2**53 of their units, "
            f"not reach {2.0**139:.4g}; give the roles fewer bits",
        ),
        (
            lambda: with_roles(Sigmoid(), EIGHT),
            "a network in fixed point has layers Conv2d, Linear, BatchNorm1d, BatchNorm2d, "
            "ReLU, ReLU6, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, "
            "Flatten and additions, not sigmoid at sigmoid",
        ),
        (
            lambda: with_roles(Residual(), EIGHT),
            "a network in fixed point must take one tensor",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3), EIGHT)(torch.zeros(1, 3)),
            "batch normalization in training takes 2 or more numbers of a channel, not 1",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3, eps=0.0), EIGHT)(torch.zeros(2, 3)),
            "batch normalization needs eps above 0 where a channel is constant",
        ),
        (
            lambda: RoleSum(EIGHT, None)(torch.zeros(2, 3), torch.zeros(3)),
            "tensors that are added in training have one shape, not (2, 3) and (3,)",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([0, 3])),
            "labels must be between 0 and 2, not 3",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([-1, 0])),
            "labels must be between 0 and 2, not -1",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(0, 3), torch.tensor([])),
            "a loss takes logits [images, classes] and a label for each image, "
            "not (0, 3) and (0,)",
        ),
    ],
)
def test_bad_input(make, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()
