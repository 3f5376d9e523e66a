"""A small build of the documentation, with warnings as errors, in a real browser."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import DESKTOP, PHONE, browser, console, overflow, requests, resize

pytest.importorskip("sphinx")
pytest.importorskip("furo")

ROOT = Path(__file__).parents[2]
CIRCUITS = ("addie", "multiplier")

pytestmark = pytest.mark.slow


def build(source, out):
    """Build a copy of docs/ with a few circuits, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(source), str(out)],
        env={**os.environ, "GOLDSTREAM_DOCS_CIRCUITS": " ".join(CIRCUITS)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    # What a build of all pages leaves.
    ignored = shutil.ignore_patterns("generated", "sg_execution_times.rst")
    return shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignored)


@pytest.fixture(scope="module")
def pages(source):
    done = build(source, source.parent / "out")
    assert done.returncode == 0, done.stderr
    return source.parent / "out"


def test_the_build_has_no_warnings_and_every_page(pages, source):
    names = {path.relative_to(source).with_suffix("") for path in source.glob("*.md")}
    built = {path.relative_to(pages).with_suffix("") for path in pages.rglob("*.html")}
    assert names <= built
    assert {Path("generated/circuits") / name for name in CIRCUITS} <= built
    assert "generated/CONTRIBUTING.html" in (pages / "own_circuits.html").read_text()


def test_no_page_asks_for_another_place(pages):
    for path in pages.rglob("*.html"):
        found = re.findall(r'(?:src|<link[^>]+href)="(https?:[^"]+)"', path.read_text())
        assert found == [], path


def test_pages_open_clean_on_a_phone_and_a_desktop(pages):
    with browser() as chromium:
        for size in (PHONE, DESKTOP):
            resize(chromium, size)
            for name in ("index", "generated/circuits/addie", "peers"):
                chromium.get((pages / f"{name}.html").as_uri())
                assert console(chromium) == []
                assert overflow(chromium) == 0
                assert all(re.match("file:|data:", address) for address in requests(chromium))


def test_a_broken_link_fails_the_build(source, tmp_path):
    shutil.copy(source / "conf.py", tmp_path)
    (tmp_path / "_static").mkdir()
    (tmp_path / "index.md").write_text("# A page\n\n[nowhere](no.md)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "no.md" in done.stderr
