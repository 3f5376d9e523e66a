"""Van der Corput words against reversed bits."""

from stochastic import VanDerCorput


def test_bits_are_reversed():
    for width in (1, 2, 3, 8, 13):
        expected = [int(f"{t:0{width}b}"[::-1], 2) for t in range(2**width)] * 2
        assert VanDerCorput(width=width).words(2 ** (width + 1)).tolist() == expected
    start = 0xFEDCBA98
    expected = [int(f"{start + t:032b}"[::-1], 2) for t in range(3000)]
    assert VanDerCorput(width=32).words(3000, start).tolist() == expected
