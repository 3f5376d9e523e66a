"""Sobol words against SciPy and the published table of direction numbers."""

import numpy as np
import pytest
from scipy.stats import qmc

from stochastic import Sobol
from stochastic.generators import sobol


def test_equals_scipy_in_every_dimension():
    points = qmc.Sobol(Sobol.DIMENSIONS, scramble=False).random(1024)
    for width in (10, 24):
        expected = np.floor(points * 2**width).astype(np.uint32)
        for dimension in range(Sobol.DIMENSIONS):
            words = Sobol(width=width, dimension=dimension).words(1024)
            assert np.array_equal(words, expected[:, dimension]), dimension


@pytest.mark.parametrize("width", [1, 2, 7, 10])
def test_truncates_no_point_in_a_period(width):
    points = qmc.Sobol(64, scramble=False).random_base2(width)
    for dimension in range(64):
        words = Sobol(width=width, dimension=dimension).words(2**width)
        assert np.array_equal(words / 2**width, points[:, dimension])
        assert np.array_equal(np.sort(words), np.arange(2**width))


@pytest.mark.parametrize(("dimensions", "last"), [(Sobol.DIMENSIONS, 20), (64, 24)])
def test_equals_scipy_far_out(dimensions, last):
    # Windows about every power of two: together they use every direction number there is.
    source = qmc.Sobol(dimensions, scramble=False)
    generators = [Sobol(width=24, dimension=d) for d in range(dimensions)]
    for start in [(1 << k) - 8 for k in range(11, last)] + [(1 << last) - 16]:
        source.fast_forward(start - source.num_generated)
        expected = (source.random(16) * 2**24).astype(np.uint32)
        words = np.stack([g.words(16, start) for g in generators], axis=1)
        assert np.array_equal(words, expected)


def test_visits_every_word_of_width_24():
    visited = np.zeros(2**24, bool)
    visited[Sobol(width=24, dimension=Sobol.DIMENSIONS - 1).words(2**24)] = True
    assert visited.all()


def test_directions_follow_the_published_recurrence():
    # The third line of the authors' file: s = 2, a = 1, m = (1, 3), so the recurrence is
    # m_k = 2 m_(k-1) ^ 4 m_(k-2) ^ m_(k-2).
    numbers = [1, 3]
    while len(numbers) < 8:
        numbers.append(2 * numbers[-1] ^ 4 * numbers[-2] ^ numbers[-2])
    directions = Sobol(width=8, dimension=2).directions
    assert directions == tuple(m << (7 - i) for i, m in enumerate(numbers))
    assert Sobol(width=8).directions == (128, 64, 32, 16, 8, 4, 2, 1)


def test_table_is_as_long_as_offered():
    assert len(sobol._rows()) == Sobol.DIMENSIONS - 1


@pytest.mark.parametrize(
    "row", ["3,2,1,1", "3,2,1,1,4", "3,2,1,1,x", "3,2,1,1,3,5", "3,2,1,1,5", "3"]
)
def test_damaged_table_is_named(row, tmp_path, monkeypatch):
    table = tmp_path / "sobol.csv"
    table.write_text(f"# directions\n2,1,0,1\n{row}\n")
    monkeypatch.setattr(sobol, "_TABLE", table)
    sobol._rows.cache_clear()
    sobol._initial_numbers.cache_clear()
    try:
        assert Sobol(width=4, dimension=1).words(4).tolist() == [0, 8, 4, 12]
        for dimension in (2, 3):  # a damaged row, a missing row
            with pytest.raises(ValueError) as error:
                Sobol(width=4, dimension=dimension).words(4)
            sentence = f"the table sobol.csv is damaged at dimension {dimension}"
            assert str(error.value) == sentence
    finally:
        sobol._rows.cache_clear()
        sobol._initial_numbers.cache_clear()
