"""Layers beside what torch does around them, and networks that have none."""

import pytest

torch = pytest.importorskip("torch")

from fixedpoint import AccumulatorSpec
from fixedpoint.layers import Cast, LayerFormats, Linear, convert


def test_autocast_does_not_change_a_sum():
    torch.manual_seed(1)
    spec = AccumulatorSpec(format="sQ12.11", overflow="saturate")
    formats = LayerFormats(input="uQ4.4", weight=Cast(format="sQ1.7"), accumulator=spec)
    layer = Linear(torch.rand(2, 64) - 0.3, None, formats)
    x = torch.randint(0, 256, (3, 64)) / 16
    wanted = layer(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = layer(x)
    assert torch.equal(found, wanted)


def test_a_bias_needs_a_sequential_sum_from_the_beginning():
    spec = AccumulatorSpec(format="sQ8.4", overflow="saturate", order="tree")
    formats = LayerFormats(input="uQ2.2", weight=Cast(format="sQ1.2"), accumulator=spec)
    message = "a layer with a bias takes an accumulator whose order is sequential, not tree"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Linear(torch.ones(1, 3), torch.ones(1), formats)


def test_a_network_of_nothing_rounds_its_input():
    network = convert(torch.nn.Sequential(torch.nn.Identity()), torch.arange(16.0)[None])
    # 4 integer and 4 fraction bits hold 0..15.
    assert network(torch.tensor([[0.123456]])).tolist() == [[0.125]]
