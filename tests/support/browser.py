"""A real browser without a screen, for tests of pages."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    "--force-prefers-reduced-motion",
)
PHONE, DESKTOP = (390, 844), (1280, 900)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium; the test is skipped where it or its driver is missing."""
    webdriver = pytest.importorskip("selenium.webdriver")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    chromium = webdriver.Chrome(options=options, service=service)
    try:
        yield chromium
    finally:
        chromium.quit()


def resize(chromium: Any, size: tuple[int, int]) -> None:
    """Give the page a width and height in CSS pixels; a phone's below 600."""
    width, height = size
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


def overflow(chromium: Any) -> int:
    """Return by how many pixels the page is wider than its window."""
    return chromium.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def console(chromium: Any) -> list[str]:
    """Return the errors and warnings of the console since the last call."""
    return [
        entry["message"]
        for entry in chromium.get_log("browser")
        if entry["level"] in ("SEVERE", "WARNING")
    ]


def requests(chromium: Any) -> list[str]:
    """Return the addresses that the browser has asked for since the last call."""
    messages = [json.loads(entry["message"]) for entry in chromium.get_log("performance")]
    return [
        message["message"]["params"]["request"]["url"]
        for message in messages
        if message["message"]["method"] == "Network.requestWillBeSent"
    ]
