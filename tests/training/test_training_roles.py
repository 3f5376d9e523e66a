"""Formats of training runs: every number of bits that is offered, and no other."""

import re

import pytest

torch = pytest.importorskip("torch")

from torch import nn

from fixedpoint import Rounding, WordReader
from fixedpoint.layers import CrossEntropy, with_roles
from stochastic.training import training_roles
from stochastic.training.runs.training_roles import words_of_seed


@pytest.mark.parametrize("bits", range(2, 17))
def test_a_step_in_every_number_of_bits(bits):
    roles = training_roles(f"{bits}-bit")
    widths = [
        getattr(roles, name).width for name in ("weight", "activation", "error", "gradient")
    ]
    assert widths == [bits] * 4
    assert roles.sum.width == (2 * bits if bits <= 12 else 24)
    roundings = [roles.weight, roles.activation, roles.error, roles.gradient, roles.sum]
    even, random = Rounding.NEAREST_EVEN, Rounding.STOCHASTIC
    assert [role.rounding for role in roundings] == [even, even, random, random, even]
    words = WordReader(words_of_seed(1))
    torch.manual_seed(1)
    layers = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)
    made = with_roles(nn.Sequential(*layers), roles, bits=words)
    loss = CrossEntropy(roles, bits=words)(made(torch.randn(5, 1, 4, 4)), torch.arange(5) % 4)
    loss.backward()
    for parameter in made.parameters():
        levels = parameter.grad.double().flatten()
        least = levels[levels != 0].abs().min() if levels.any() else 1.0
        # At most so many steps of a grid that holds the least of them.
        assert levels.isfinite().all() and levels.abs().max() / least <= 2**bits


@pytest.mark.parametrize("wrong", ["1-bit", "17-bit", "8", "float", "", None, 8, ["8-bit"]])
def test_other_formats_are_refused(wrong):
    sentence = f"formats must be 2-bit to 16-bit, not {wrong!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        training_roles(wrong)
