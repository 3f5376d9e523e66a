"""RaceDecoder: the way back of every code, through gates of race logic."""

import numpy as np
import pytest

from stochastic import RaceDecoder, RaceDelay, RaceEncoder, RaceMaximum, RaceMinimum


def test_shortest_path_of_every_graph_of_four_edges():
    # min(a + 2, max(b, 1 + c)) for all codes of 3 bits: encode, run, decode.
    a, b, c = (x.ravel() for x in np.indices((9, 9, 9)))
    cycles = 16

    def edge(codes):
        codes = np.tile(codes, (cycles, 1))
        return RaceEncoder(width=3).run({"code": codes})[0]["stream"]

    later = RaceDelay(cycles=2).run({"x": edge(a)})[0]["y"]
    second = RaceDelay(cycles=1).run({"x": edge(c)})[0]["y"]
    most = RaceMaximum().run({"a": edge(b), "b": second})[0]["maximum"]
    least = RaceMinimum().run({"a": later, "b": most})[0]["minimum"]
    outputs, _ = RaceDecoder(width=4).run({"stream": least})
    expected = np.minimum(a + 2, np.maximum(b, 1 + c))
    np.testing.assert_array_equal(outputs["count"][-1], expected)
    assert np.all(outputs["arrived"][-1] == 1)


def test_no_edge_ends_at_full_scale():
    outputs, _ = RaceDecoder(width=2).run({"stream": [0] * 9})
    assert outputs["count"][:, 0].tolist() == [0, 1, 2, 3, 4, 4, 4, 4, 4]
    assert not outputs["arrived"].any()


def test_bad_width_is_one_sentence():
    with pytest.raises(ValueError, match="^RaceDecoder width must be between 1 and 32, not 0$"):
        RaceDecoder(width=0)
