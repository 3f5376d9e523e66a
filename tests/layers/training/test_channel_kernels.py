"""Sums of products of a channel's codes, against integers of Python."""

import pytest

torch = pytest.importorskip("torch")
from fixedpoint.layers.training.channel_kernels import channel_dot

# The kernel takes long to compile.
pytestmark = pytest.mark.slow

LARGEST = (1 << 24) - 1


@pytest.mark.parametrize("pixels", [0, 1, 4095, 4096, 4097, 3 * 4096 + 1])
@pytest.mark.parametrize("channels", [1, 8, 11])
@pytest.mark.parametrize("centred", [False, True])
def test_full_scale_codes_of_any_count(pixels, channels, centred):
    # All products of a channel have one sign and are the largest or, for the last, mixed.
    a = torch.full((1, channels, pixels, 1), float(LARGEST))
    b = -a
    a[:, -1] = torch.arange(pixels)[:, None] - pixels // 2
    centre = [(-1) ** c * LARGEST for c in range(channels)] if centred else [0] * channels
    given = torch.tensor(centre, dtype=torch.float64) if centred else None
    columns = [t[0, :, :, 0].to(torch.int64).tolist() for t in (a, b)]
    expected = [
        sum((x - m) * (y - m) for x, y in zip(left, right, strict=True))
        for left, right, m in zip(*columns, centre, strict=True)
    ]
    assert channel_dot(a, b, given) == expected
