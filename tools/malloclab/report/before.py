"""An earlier report, whose figures stand beside those of a new one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Sequence

from ..results import OK
from .gather import ReportError

ABOUT = re.compile('<script type="application/json" id="about">(.*?)</script>')


def read(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What a report says, by trace and allocator, where its verdict is ok."""
    try:
        text = path.read_text("utf-8")
        about = json.loads(ABOUT.search(text)[1])  # type: ignore[index]
        return {(trace["name"], result["allocator"]): _figures(result)
                for trace in about["traces"] for result in trace["results"]
                if result["verdict"] == OK}
    except (ValueError, LookupError, TypeError):
        raise ReportError(f"{path}: tools/report did not write it") from None


def _figures(result: dict[str, Any]) -> dict[str, float | None]:
    time = result["ns_per_op"]
    return {"utilization": float(result["utilization"]),
            "nanoseconds": float(time["median"]) if time else None}


def add(traces: Sequence[dict[str, Any]],
        earlier: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Give each result of the traces its `before`, if there is one."""
    for trace in traces:
        for result in trace["results"]:
            result["before"] = earlier.get((trace["name"],
                                            result["allocator"]))
