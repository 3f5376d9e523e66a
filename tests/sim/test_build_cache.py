"""Builds in the cache: built once, complete or not at all, and named by their recipe."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim.simulation.build_cache import build_directory, build_once
from sim.simulation.simulator import build
from sim.tools import cache_directory

pytestmark = pytest.mark.simulator

SHARED = cache_directory()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(tmp_path))


def fill(directory):
    (directory / "text.cpp").write_text("kept")
    (directory / "text.o").write_text("left over")


def test_the_directory_depends_on_every_part_of_the_recipe(tmp_path):
    recipes = [(), ("",), ("", ""), ("a", "b"), ("ab",), ("b", "a"), ("a", "b", "")]
    directories = {build_directory("kind", *recipe) for recipe in recipes}
    # No text and one empty text are joined to the same.
    assert len(directories) == len(recipes) - 1
    assert {path.parent for path in directories} == {tmp_path / "kind"}
    assert build_directory("kind", "a", "b") == build_directory("kind", "a", "b")
    assert build_directory("other", "a") != build_directory("kind", "a")


def test_a_build_is_made_once_and_keeps_only_what_it_is_told_to(tmp_path):
    directory = build_directory("kind", "a")
    assert build_once(directory, fill, ("*.cpp",)) == directory
    assert [path.name for path in directory.iterdir()] == ["text.cpp"]
    assert build_once(directory, lambda empty: 1 / 0) == directory
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [directory.name]


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def fail(directory):
        fill(directory)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="^half-way$"):
        build_once(build_directory("kind", "a"), fail)
    assert list((tmp_path / "kind").iterdir()) == []


def test_two_threads_build_once():
    directory = build_directory("kind", "a")
    begun = []

    def slow(empty):
        begun.append(empty)
        time.sleep(0.2)
        fill(empty)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: build_once(directory, slow), range(2)))
    assert results == [directory, directory]
    assert len(begun) == 1


def test_of_two_machines_the_first_one_wins(tmp_path):
    directory = build_directory("kind", "a")

    def overtaken(empty):
        # What another machine would do meanwhile.
        directory.mkdir()
        (directory / "first").touch()
        (empty / "second").touch()

    assert build_once(directory, overtaken) == directory
    assert [path.name for path in directory.iterdir()] == ["first"]
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [directory.name]


def test_a_build_that_cannot_be_renamed_is_an_error(tmp_path):
    with pytest.raises(OSError):
        build_once(build_directory("kind", "a"), lambda empty: empty.rmdir())
    assert list((tmp_path / "kind").iterdir()) == []


def test_a_bench_can_be_built_below_a_space(tmp_path, monkeypatch):
    # The shared cache by another path: it has what all builds need.
    SHARED.mkdir(parents=True, exist_ok=True)
    cache = tmp_path / "my cache"
    cache.symlink_to(SHARED, target_is_directory=True)
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(cache))
    directory = build(f"module bench(input clk); endmodule // {time.time_ns()}\n", "verilator")
    names = {path.name for path in directory.iterdir()}
    shutil.rmtree(directory)
    assert names == {"bench", "bench.v"}
    assert cache in directory.parents
