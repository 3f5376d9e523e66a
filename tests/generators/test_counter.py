"""Counter words against counting."""

from stochastic import Counter


def test_counters_count_up_and_down():
    for width in (1, 3, 12):
        up = [t % 2**width for t in range(2 ** (width + 1))]
        assert Counter(width=width).words(len(up)).tolist() == up
        down = [2**width - 1 - t for t in up]
        assert Counter(width=width, direction="down").words(len(up)).tolist() == down
    ends = [2**32 - 2, 2**32 - 1, 0, 1]
    assert Counter(width=32).words(4, 2**32 - 2).tolist() == ends
    down = Counter(width=32, direction="down").words(4, 2**32 - 2)
    assert down.tolist() == [1, 0, 2**32 - 1, 2**32 - 2]
