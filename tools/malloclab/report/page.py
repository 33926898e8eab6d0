"""The page: one HTML file that asks for nothing else.

viewer/page.html has a line `@NAME@` for each part. The modules of viewer/ stay
the modules that they are: an import map gives each the address report/NAME and
its text as a data: URL. Numbers are in script elements of a type that no
browser runs, as pack.py makes them.
"""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path
from typing import Any, Iterator, Sequence

from ..callers import flame
from ..traces import op_table
from . import figure

HERE = Path(__file__).resolve().parent
VIEWER, VENDOR = HERE / "viewer", HERE / "vendor"


def parts(title: str, traces: Sequence[dict[str, Any]],
          panels: Sequence[str]) -> Iterator[str]:
    """The page's text, piece by piece; panels are those shown first."""
    fillers = {
        "TITLE": lambda: escape(title),
        "STYLE": _style,
        "UPLOT": lambda: _text(VENDOR / "uPlot.iife.min.js"),
        "MODULES": lambda: _json({"imports": modules()}),
        "FIGURE": lambda: figure.html(figure.groups(
            [(trace["name"], trace["results"]) for trace in traces])),
        "ABOUT": lambda: _json(about(title, traces, panels)),
        "CALLERS": lambda: "\n".join(_callers(trace) for trace in traces
                                      if trace.get("callers")),
        "DATA": lambda: "\n".join(_data(at, trace["data"])
                                  for at, trace in enumerate(traces)),
    }
    template = _text(VIEWER / "page.html").split("@")
    for at, piece in enumerate(template):
        yield fillers[piece]() if at % 2 else piece


def _callers(trace: dict[str, Any]) -> str:
    """The flame graph of a trace with call stacks, a page within the page."""
    inner = flame.page("", trace["callers"])
    return (f"<h2>Callers at the peak: {escape(trace['name'])}</h2>\n"
            f'<iframe class="callers" srcdoc="{escape(inner)}"></iframe>')


def about(title: str, traces: Sequence[dict[str, Any]],
          panels: Sequence[str]) -> dict[str, Any]:
    """The page's JSON: everything but the packed columns."""
    return {"title": title, "panels": list(panels),
            "operations": operations(), "traces": [
                {key: value for key, value in trace.items()
                 if key not in ("data", "callers")}
                for trace in traces]}


def operations() -> dict[int, dict[str, Any]]:
    """op_table.BY_KIND for the viewer."""
    return {kind: {"letter": one.letter, "words": one.words,
                   "title": one.title,
                   "places": one.effect in ("BEGINS", "RESIZED")}
            for kind, one in op_table.BY_KIND.items()}


def modules() -> dict[str, str]:
    """The data: URL of each module, by the name that imports use."""
    found = {}
    for path in sorted(VIEWER.glob("*.js")):
        code = base64.b64encode(path.read_bytes()).decode("ascii")
        found[f"report/{path.stem}"] = f"data:text/javascript;base64,{code}"
    return found


def _style() -> str:
    return _text(VENDOR / "uPlot.min.css") + _text(VIEWER / "style.css")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON for a script element, without text that would end the element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _data(at: int, text: str) -> str:
    return (f'<script type="application/octet-stream" id="data-{at}">{text}'
            "</script>")
