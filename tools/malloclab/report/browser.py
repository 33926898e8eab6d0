"""A headless Chromium that looks at a report: for tests and benchmarks.

Debian's packages chromium, chromium-driver and python3-selenium.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

SWITCHES = ("headless", "no-sandbox", "disable-gpu", "disable-quic",
            "no-first-run", "disable-background-networking",
            "disable-component-update", "disable-sync",
            "disable-dev-shm-usage", "hide-scrollbars",
            "host-resolver-rules=MAP * ~NOTFOUND")
TIMEOUT = 60  # seconds
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}


class BrowserError(Exception):
    """Why no browser can show the report, in a sentence."""


def missing() -> str | None:
    """What keeps a browser from being started here, in a sentence."""
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            return f"there is no {program} here: install {package}"
    try:
        socket.getaddrinfo("localhost", None)
    except OSError:
        return "localhost has no address here: /etc/hosts does not name it"
    return None


@contextmanager
def started(width: int = 1280, height: int = 1200) -> Iterator[Any]:
    """A browser with a window of that size and a profile of its own."""
    why = missing()
    if why:
        raise BrowserError(why)
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    profile = tempfile.mkdtemp(prefix="malloclab-")
    try:
        for switch in (*SWITCHES, f"window-size={width},{height}",
                       f"user-data-dir={profile}"):
            options.add_argument(f"--{switch}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(
            options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()
    finally:
        shutil.rmtree(profile, ignore_errors=True)  # it may still be ending


def show(driver: Any, report: Path, fragment: str = "") -> None:
    """Open a report and wait until it is drawn."""
    driver.get("about:blank")
    driver.get(report.resolve().as_uri() + fragment)
    WebDriverWait(driver, TIMEOUT).until(lambda d: d.execute_script(
        "return document.body.dataset.ready") == "yes")
    settle(driver)


def settle(driver: Any) -> None:
    driver.set_script_timeout(TIMEOUT)
    driver.execute_async_script(
        "const done = arguments[0];"
        "malloclab.app.settled().then(() => done());")


def console_errors(driver: Any) -> list[str]:
    """What the page wrote to the browser's console since the last look."""
    return [entry["message"] for entry in driver.get_log("browser")]
