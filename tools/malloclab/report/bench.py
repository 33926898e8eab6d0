"""tools/report --bench: how fast a report moves, in a headless Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException

from ..columns import layout
from . import browser

FRAMES = 120
HEAD = ("what moves", "median", "p95", "worst", "drawing: median", "p95")


def run(report: Path) -> int:
    if not report.is_file():
        raise browser.BrowserError(f"{report}: there is no such file")
    try:
        what, found = _look(report)
    except WebDriverException as error:
        said = (error.msg or type(error).__name__).strip().splitlines()
        raise browser.BrowserError(
            f"{report}: it is no report, or the browser failed"
            f"{': ' + said[0] if said else ''}") from error
    print(f"{report.name}: {what}")
    print("milliseconds of a frame:")
    print(layout(rows(found), {0}))
    return 0


def _look(report: Path) -> tuple[str, dict[str, Any]]:
    with browser.started() as driver:
        browser.show(driver, report)
        found = measure(driver)
        return driver.execute_script(
            "const {app} = malloclab; return `${app.entry.name}, "
            "${app.trace.count} operations, ${app.panels.length} panels of "
            "${app.panels[0].width} x ${app.panels[0].height} pixels`"), found


def measure(driver: Any) -> dict[str, Any]:
    driver.set_script_timeout(600)
    return driver.execute_async_script(
        "malloclab.measure(arguments[0]).then(arguments[1]);", FRAMES)


def rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    lines = [HEAD]
    for one in found["pan"]:
        lines.append((f"panning, {100 * one['share']:g} % in view",
                      *_figures(one)))
    return lines + [("zooming", *_figures(found["zoom"]))]


def _figures(one: dict[str, float]) -> list[str]:
    return [f"{one[key]:.1f}" for key in
            ("median", "p95", "worst", "drawing", "drawing_p95")]
