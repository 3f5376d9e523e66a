"""Files that cannot be read or written: one sentence each, and nothing is left."""

import io
import os
import re
from pathlib import Path

import numpy as np
import pytest

from fixedpoint.circuit.archives import archive
from fixedpoint.circuit.files import check_directory, read_text, writing
from sim.catalog import find
from sim.checks.emission import emit
from stochastic import (
    Pcg,
    Sng,
)


def test_files_that_cannot_be(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"\xff")
    inside = file / "more"
    for attempt, sentence in (
        (lambda: read_text(inside), f"file {inside} cannot be read: Not a directory"),
        (lambda: read_text(file), f"file {file} cannot be read: it is no text in utf-8"),
        (lambda: writing(inside).__enter__(), f"file {inside} cannot be written: Not a"),
        (
            lambda: check_directory(inside, "cache directory"),
            f"cache directory {inside} cannot be made: Not a directory",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
            attempt()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_not_complete_takes_no_place(tmp_path):
    def full(path):
        with writing(path) as file:
            file.write("half")
            raise OSError(28, "No space left on device")

    def directory(path):
        with writing(path) as file:
            file.write("whole")

    (tmp_path / "good").write_text("good")
    (tmp_path / "folder").mkdir()
    for name, write, why in (
        ("good", full, "No space left on device"),
        ("folder", directory, "Is a directory"),
    ):
        sentence = re.escape(f"file {tmp_path / name} cannot be written: {why}")
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            write(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "good"]
    assert (tmp_path / "good").read_text() == "good"


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    steps = []

    def sync(handle, own=os.fsync):
        steps.append(("sync", Path(f"/proc/self/fd/{handle}").resolve(), os.fstat(handle)))
        own(handle)

    def replace(source, target, own=os.replace):
        steps.append(("replace", Path(source), os.stat(source)))
        own(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    with writing(tmp_path / "file") as file:
        file.write("whole")
    assert [(name, path.parent) for name, path, _ in steps[:2]] == [
        ("sync", tmp_path),
        ("replace", tmp_path),
    ]
    assert steps[0][2].st_ino == steps[1][2].st_ino
    assert steps[0][2].st_size == len("whole")
    # Then the list of names.
    assert [(name, path) for name, path, _ in steps[2:]] == [("sync", tmp_path)]


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"seed": -1}, ValueError, f"seed must be between 0 and {2**63 - 1}, not -1"),
        ({"cycles": 0}, ValueError, f"cycles must be between 1 and {10**7}, not 0"),
        (
            {"parameters": Sng(generator=Pcg(width=8))},
            TypeError,
            "there is no hardware for Pcg",
        ),
    ],
)
def test_nothing_is_emitted(tmp_path, changes, kind, sentence):
    with pytest.raises(kind, match=f"^{sentence}$"):
        emit(find("sng"), tmp_path / "out", **changes)
    assert list(tmp_path.iterdir()) == []


def test_corrupt_archives_are_one_sentence():
    for data in (b"\x80\x04 pickled", b""):
        with (
            pytest.raises(ValueError, match="^x.npz is none: it is no archive of arrays$"),
            archive(io.BytesIO(data), "x.npz is none"),
        ):
            pass
    whole = io.BytesIO()
    np.savez(whole, values=np.arange(3))
    with archive(whole, "x.npz is none") as arrays:
        assert arrays["values"].tolist() == [0, 1, 2]
    with (
        pytest.raises(
            ValueError, match="^x.npz is none: 'other is not a file in the archive'$"
        ),
        archive(whole, "x.npz is none") as arrays,
    ):
        arrays["other"]
