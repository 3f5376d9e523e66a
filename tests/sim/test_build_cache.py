"""Builds in the cache: built once, complete or not at all, and named by their recipe."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fixedpoint.circuit.cache_directory import cache_directory
from sim.cli import app
from sim.simulation.build_cache import build_directory, build_once
from sim.simulation.simulator import build
from sim.simulation.verilated_code import library_object

pytestmark = pytest.mark.simulator

SHARED = cache_directory()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(tmp_path))


MANIFEST = "manifest.json"


def names_in(directory):
    """Return the names of the files of a build, and see that each is in the manifest."""
    names = {path.name for path in directory.iterdir()}
    assert set(json.loads((directory / MANIFEST).read_text())) == names - {MANIFEST}
    return names - {MANIFEST}


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
    assert names_in(directory) == {"text.cpp"}
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
        (directory / MANIFEST).write_text(json.dumps({"first": sha256().hexdigest()}))
        (empty / "second").touch()

    assert build_once(directory, overtaken) == directory
    assert names_in(directory) == {"first"}
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [directory.name]


def test_a_build_that_cannot_be_renamed_is_an_error(tmp_path):
    with pytest.raises(OSError):
        build_once(build_directory("kind", "a"), lambda empty: empty.rmdir())
    assert list((tmp_path / "kind").iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("kepp"),
        lambda path: path.unlink(),
        lambda path: (path.parent / "more").touch(),
        lambda path: (path.parent / MANIFEST).unlink(),
        lambda path: (path.parent / MANIFEST).write_text("{"),
        lambda path: (path.parent / MANIFEST).write_text("[]"),
    ],
)
def test_a_damaged_build_is_made_anew(tmp_path, damage):
    directory = build_once(build_directory("kind", "a"), fill, ("*.cpp",))
    damage(directory / "text.cpp")
    build_once(directory, fill, ("*.cpp",))
    assert names_in(directory) == {"text.cpp"}
    assert (directory / "text.cpp").read_text() == "kept"
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [directory.name]


def test_what_killed_builds_left_goes_with_the_next_build(tmp_path):
    directory, busy = build_directory("kind", "a"), build_directory("kind", "busy")
    directory.parent.mkdir()
    for name in ("build-1234", f"build-{directory.name}-x", f"build-{busy.name}-y"):
        (directory.parent / name).mkdir()
        (directory.parent / name / "half").touch()
    (tmp_path / "locks").mkdir()
    with (tmp_path / "locks" / f"kind-{busy.name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_once(directory, fill)
    left = {path.name for path in directory.parent.iterdir()}
    assert left == {directory.name, f"build-{busy.name}-y"}


def test_a_cache_that_others_can_write_to_is_refused(tmp_path):
    directory = build_once(build_directory("kind", "a"), fill)
    for path in (tmp_path, directory.parent, directory):
        mode = path.stat().st_mode
        for more in (0o020, 0o002):
            path.chmod(mode | more)
            sentence = (
                f"cache directory {path} can be written to by others, and what lies there is "
                "executed: chmod -R go-w it, or set GOLDSTREAM_CACHE to a directory of your own"
            )
            with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
                build_once(directory, fill)
        path.chmod(mode)
    assert build_once(directory, fill) == directory


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_a_cache_of_another_user_is_refused(tmp_path):
    directory = build_once(build_directory("kind", "a"), fill)
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(ValueError, match=f"^cache directory {tmp_path} belongs to another"):
        build_once(directory, fill)


def test_an_emptied_object_of_the_runtime_is_compiled_again():
    """The parts of Verilator's library serve all builds: not those of other test processes."""
    path = Path(library_object("verilated_threads", "-O0"))
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert Path(library_object("verilated_threads", "-O0")) == path
    assert len(path.read_bytes()) == len(whole)


def test_cache_shows_its_size_and_clears_it(tmp_path):
    empty = json.loads(CliRunner().invoke(app, ["cache", "--json"]).output)
    assert (empty["size"], empty["kinds"]) == (0, [])
    for recipe in "ab":
        build_once(build_directory("kind", recipe), fill)
    busy = build_once(build_directory("kind", "busy"), fill)
    facts = json.loads(CliRunner().invoke(app, ["cache", "--json"]).output)
    assert facts["directory"] == str(tmp_path)
    (kind,) = [kind for kind in facts["kinds"] if kind["kind"] == "kind"]
    disk = subprocess.run(
        ["find", tmp_path / "kind", "-type", "f", "-printf", r"%s\n"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert kind == {
        "kind": "kind", "builds": 3, "size": sum(map(int, disk.stdout.split())),
    }  # fmt: skip
    assert "3 builds" in CliRunner().invoke(app, ["cache"]).output
    with (tmp_path / "locks" / f"kind-{busy.name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shown = CliRunner().invoke(app, ["cache", "--clear"])
    assert shown.output == f"{tmp_path}: builds removed: 2; in use and left: 1\n"
    assert [path.name for path in (tmp_path / "kind").iterdir()] == [busy.name]


def test_a_bench_can_be_built_below_a_space(tmp_path, monkeypatch):
    # The shared cache by another path: it has what all builds need.
    SHARED.mkdir(parents=True, exist_ok=True)
    cache = tmp_path / "my cache"
    cache.symlink_to(SHARED, target_is_directory=True)
    monkeypatch.setenv("GOLDSTREAM_CACHE", str(cache))
    directory = build(f"module bench(input clk); endmodule // {time.time_ns()}\n", "verilator")
    names = names_in(directory)
    shutil.rmtree(directory)
    assert names == {"bench", "bench.v"}
    assert cache in directory.parents
