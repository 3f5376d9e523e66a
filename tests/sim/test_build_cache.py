"""Builds in the cache: made once, whole or not at all, and by their recipe."""

import pytest

from sim.simulation.build_cache import OBJECTS, made, place
from sim.simulation.simulator import build
from sim.tools import ToolError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(tmp_path))


def fill(directory):
    (directory / "text.cpp").write_text("kept")
    (directory / "text.o").write_text("left over")


def test_a_place_follows_every_part_of_its_recipe(tmp_path):
    recipes = [(), ("",), ("", ""), ("a", "b"), ("ab",), ("b", "a"), ("a", "b", "")]
    places = {place("kind", *recipe) for recipe in recipes}
    # No text and one empty text are joined to the same.
    assert len(places) == len(recipes) - 1
    assert {p.parent for p in places} == {tmp_path / "kind"}
    assert place("kind", "a", "b") == place("kind", "a", "b")
    assert place("other", "a") != place("kind", "a")


def test_a_build_is_made_once_and_without_what_is_left_over(tmp_path):
    final = place("kind", "a")
    assert made(final, fill, OBJECTS) == final
    assert [path.name for path in final.iterdir()] == ["text.cpp"]
    assert made(final, lambda directory: 1 / 0) == final
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [final.name]


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def fail(directory):
        fill(directory)
        raise RuntimeError("half-way")

    final = place("kind", "a")
    with pytest.raises(RuntimeError, match="^half-way$"):
        made(final, fail)
    assert list((tmp_path / "kind").iterdir()) == []


def test_of_two_builders_the_first_one_stays(tmp_path):
    final = place("kind", "a")

    def overtaken(directory):
        made(final, lambda other: (other / "first").touch())
        (directory / "second").touch()

    assert made(final, overtaken) == final
    assert [path.name for path in final.iterdir()] == ["first"]
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [final.name]


def test_a_build_that_cannot_get_its_name_is_an_error(tmp_path):
    final = place("kind", "a")
    with pytest.raises(OSError):
        made(final, lambda directory: directory.rmdir())
    assert list((tmp_path / "kind").iterdir()) == []


def test_make_cannot_work_below_a_space(tmp_path, monkeypatch):
    cache = tmp_path / "my cache"
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(cache))
    sentence = (
        f"make cannot build in the cache directory {cache} because of the space in its path: "
        "set GOLDSTREAM_CACHE to another"
    )
    with pytest.raises(ToolError, match=f"^{sentence}$"):
        build("module bench; endmodule\n", "verilator")
    assert not cache.exists()
