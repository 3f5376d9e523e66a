"""The report in a real browser: no errors, no sideways scroll, tables that sort."""

import pytest

from sim.catalog import catalog
from sim.report.evidence import gather
from sim.report.page import report_page
from tests.support.browser import DESKTOP, PHONE, browser, console, overflow, requests, resize
from tests.support.result_folder import write_results

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write_results(folder / "results")
    path = folder / "report.html"
    path.write_text(report_page(catalog(), gather(folder / "results"), "results"))
    return path


@pytest.fixture(scope="module")
def chromium():
    with browser() as driver:
        yield driver


def column(chromium, number):
    """Return the texts of a column of the cross-checks."""
    rows = chromium.find_elements("css selector", "#checks tbody tr")
    return [row.find_elements("css selector", "th, td")[number].text for row in rows]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_opens_clean(chromium, page, size):
    resize(chromium, size)
    chromium.get(page.as_uri())
    assert console(chromium) == []
    assert overflow(chromium) == 0
    assert requests(chromium) == [page.as_uri()]
    for figure in chromium.find_elements("css selector", "figure svg"):
        assert 250 < figure.size["width"] < size[0]


def test_tables_sort_on_a_click(chromium, page):
    resize(chromium, DESKTOP)
    chromium.get(page.as_uri())
    headings = chromium.find_elements("css selector", "#checks thead th")
    names = [heading.text for heading in headings]
    bits = names.index("bits compared")
    assert column(chromium, bits) == ["1,000", "20,000", "9"]
    headings[bits].find_element("css selector", "button").click()
    assert column(chromium, bits) == ["9", "1,000", "20,000"]
    assert headings[bits].get_attribute("aria-sort") == "ascending"
    headings[bits].find_element("css selector", "button").click()
    assert column(chromium, bits) == ["20,000", "1,000", "9"]
    headings[0].find_element("css selector", "button").click()
    assert column(chromium, 0) == ["addie", "lfsr", "multiplier"]
    assert headings[bits].get_attribute("aria-sort") is None
    assert console(chromium) == []


def test_letters_are_dark_on_light_and_light_on_dark(chromium, page):
    inks = []
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        chromium.get(page.as_uri())
        colours = [
            chromium.find_element("css selector", where).value_of_css_property(name)
            for where, name in (("html", "background-color"), ("figure text", "fill"))
        ]
        inks.append([sum(map(int, c.strip("rgba()").split(",")[:3])) / 765 for c in colours])
    (light_page, dark_ink), (dark_page, light_ink) = inks
    assert light_page - dark_ink > 0.7
    assert light_ink - dark_page > 0.7


def test_what_is_wrong_with_a_page_is_found(chromium, tmp_path):
    resize(chromium, PHONE)
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<meta name="viewport" content="width=device-width">'
        '<div style="width: 500px">wide</div><script>nothing()</script>'
        '<img src="no.png" alt="">'
    )
    chromium.get(bad.as_uri())
    assert overflow(chromium) > 50
    assert any("nothing is not defined" in message for message in console(chromium))
    assert any("no.png" in name for name in requests(chromium))
