"""Tests of the Markdown pages: examples run, links and commands lead somewhere."""

import doctest
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# CONTRIBUTING.md adds a circuit in several files: `test_add_a_circuit` follows it.
EXAMPLES = [
    page for page in PAGES if ">>> " in page.read_text() and page.name != "CONTRIBUTING.md"
]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def headings(text):
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_nowhere(link, text, directory):
    """Return whether a relative link of a page leads to no file or no heading."""
    name, _, anchor = link.partition("#")
    if name:
        file = directory / name
        if not file.is_file():
            return True
        text = file.read_text() if anchor else ""
    return bool(anchor) and anchor not in headings(text)


def broken_links(text, directory):
    """Return the relative links of a page that lead nowhere."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    relative = [link for link in links if not link.startswith("https://")]
    return [link for link in relative if leads_nowhere(link, text, directory)]


def unknown_modules(text):
    """Return the modules of ``python -m`` commands that do not exist."""
    names = re.findall(r"python -m\s+((?:examples|benchmarks|sim)[\w.]*)", text)
    return [name for name in names if importlib.util.find_spec(name.rstrip(".")) is None]


def unknown_paths(text):
    """Return the paths of Python and Verilog sources that do not exist."""
    paths = re.findall(r"`((?:fixedpoint|stochastic|rtl|sim|tests|docs)/[\w/]*[\w/.]*)`", text)
    return [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.slow
@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_examples(page):
    failed, tried = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert tried > 0
    assert failed == 0


@every_page
def test_links(page):
    assert broken_links(page.read_text(), page.parent) == []


@every_page
def test_commands_and_paths(page):
    text = page.read_text()
    assert unknown_modules(text) == []
    assert unknown_paths(text) == []


def test_broken_references_are_found():
    text = (
        "# A title: here\n[a](no.md) [b](README.md#no) [c](#a-title-here) [d](#no) "
        "`rtl/no.py` `rtl/verilog.py` `python -m examples.no` `python -m\nexamples.demo`"
    )
    assert broken_links(text, ROOT) == ["no.md", "README.md#no", "#no"]
    assert unknown_modules(text) == ["examples.no"]
    assert unknown_paths(text) == ["rtl/no.py"]


def test_every_picture_is_shown():
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text())
    }
    assert shown == set((ROOT / "docs" / "images").iterdir())


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text().split()) < 1200


def missing_families(text):
    """Return the folders of the model packages that the map of CONTRIBUTING.md omits."""
    listed = set(re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE))
    folders = {
        path.parent.name
        for package in ("fixedpoint", "stochastic")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    return sorted(folders - listed)


def test_the_map_lists_every_family():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert missing_families(text) == []
    assert missing_families(text.replace("| `mac/` |", "| mac |")) == ["mac"]
