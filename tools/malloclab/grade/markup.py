"""HTML of the pages: one file each, that asks the network for nothing.

A page's security policy names its style and its script by their hashes, so that
a browser runs nothing that a hand-in might have smuggled into the text.
"""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path
from typing import Any, Sequence

from . import wording

HERE = Path(__file__).resolve().parent
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
{script}</body>
</html>
"""


def page(title: str, body: Sequence[str], script: str = "") -> str:
    """`script` is the name of a file here."""
    style, code = _file("style.css"), _file(script) if script else ""
    policy = ["default-src 'none'", "img-src data:", f"style-src {_hash(style)}",
              "base-uri 'none'", "form-action 'none'"]
    if code:
        policy.append(f"script-src {_hash(code)}")
    return PAGE.format(
        policy="; ".join(policy), title=escape(wording.line(title)),
        style=style, body="\n".join(body),
        script=f"<script>{code}</script>\n" if code else "")


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def escape(value: Any) -> str:
    return html.escape(wording.text(value))


def name(value: Any, longest: int = 80) -> str:
    """A text in any script, on a line: it cannot turn the text around it."""
    return f"<bdi>{escape(wording.line(value, longest))}</bdi>"


def cell(words: str, kind: str = "") -> str:
    """`words` is HTML."""
    return f'<td class="{kind}">{words}</td>' if kind else f"<td>{words}</td>"


def figure_cell(value: float | None, words: str) -> str:
    """A number that its column can be sorted by."""
    key = "" if value is None else f"{value:.6g}"
    return f'<td class="number" data-value="{key}">{words}</td>'


def bar(share: float, mark: float | None = None, label: str = "") -> str:
    """A bar from 0 to 1, and a mark on it."""
    width = 160
    at = "" if mark is None else (
        f'<line class="mark" x1="{width * mark:.1f}" x2="{width * mark:.1f}" '
        'y1="0" y2="14"/>')
    return (f'<svg width="{width}" height="14" role="img" '
            f'aria-label="{escape(label)}"><title>{escape(label)}</title>'
            f'<rect class="track" y="2" width="{width}" height="10"/>'
            f'<rect class="fill" y="2" width="{width * min(share, 1):.1f}" '
            f'height="10"/>{at}</svg>')
