"""An earlier report: its figures and heaps stand beside those of a new one.

A page has all that it shows: the JSON `about`, and packed columns by trace. A
heap of the earlier report becomes one more panel of the trace, under its
allocator's name and " (before)". Both draw the same operations, so they have to
be those of the trace now.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from ..results import OK
from .gather import ReportError
from .pack import Packer

ABOUT = re.compile('<script type="application/json" id="about">(.*?)</script>')
DATA = re.compile(
    r'<script type="application/octet-stream" id="data-\d+">(.*?)</script>')
OPERATIONS = ("kind", "life", "size", "block")  # columns, which allocators share
MARK = " (before)"


@dataclass
class Heaps:
    """A trace of the earlier report."""

    results: dict[str, dict[str, Any]]  # by allocator
    panels: dict[str, dict[str, Any]]
    columns: Packer

    def figures(self, allocator: str) -> dict[str, float | None] | None:
        """Of an allocator whose verdict is ok."""
        result = self.results.get(allocator)
        if not result or result["verdict"] != OK:
            return None
        time = result["ns_per_op"]
        return {"utilization": float(result["utilization"]),
                "nanoseconds": float(time["median"]) if time else None}


def read(path: Path) -> dict[str, Heaps]:
    """The traces of a report by name."""
    try:
        text = path.read_text("utf-8")
        about = json.loads(ABOUT.search(text)[1])  # type: ignore[index]
        return dict(_traces(about, text))
    except (ValueError, LookupError, TypeError):
        raise ReportError(f"{path}: tools/report did not write it") from None


def _traces(about: dict[str, Any], text: str) -> Iterator[tuple[str, Heaps]]:
    for trace, data in zip(about["traces"], DATA.findall(text), strict=True):
        heaps = Heaps({one["allocator"]: one for one in trace["results"]},
                      {one["name"]: one for one in trace["panels"]},
                      Packer.opened(trace["columns"], data))
        for allocator in heaps.results:
            heaps.figures(allocator)  # they are there
        yield trace["name"], heaps


def add(traces: Sequence[dict[str, Any]], earlier: dict[str, Heaps]
        ) -> list[str]:
    """Give each result of the traces its `before`, if there is one, and each
    trace the earlier heaps. Returns a sentence for what has none."""
    notes = []
    for trace in traces:
        heaps = earlier.get(trace["name"])
        for result in trace["results"]:
            result["before"] = heaps and heaps.figures(result["allocator"])
        if not heaps:
            notes.append(f"{trace['name']}: the earlier report does not have it")
        elif not _add_panels(trace, heaps):
            notes.append(f"{trace['name']}: its operations were others in the "
                         "earlier report, whose heaps are not shown")
    return notes


def _add_panels(trace: dict[str, Any], heaps: Heaps) -> bool:
    """False if the heaps are those of other operations."""
    packer = Packer.opened(trace["columns"], trace["data"])
    if not packer.same(heaps.columns, OPERATIONS):
        return False
    for name in filter(heaps.results.get, heaps.panels):
        for entry in heaps.columns.index:
            owner, slash, column = entry["name"].rpartition("/")
            if slash and owner == name:
                packer.copy(heaps.columns, entry["name"],
                            f"{name}{MARK}/{column}")
        trace["panels"].append({**heaps.panels[name], "name": name + MARK,
                                "result": heaps.results[name]})
    trace["columns"], trace["data"] = packer.index, packer.text()
    return True
