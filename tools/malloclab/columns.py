"""Tables as text: cells in aligned columns, or as Markdown where the option
that add_markdown adds was given."""

from __future__ import annotations

import argparse
from typing import Any, Sequence

_form = "columns"


class _Markdown(argparse.Action):
    def __call__(self, *_: Any) -> None:
        global _form
        _form = "markdown"


def add_markdown(parser: argparse.ArgumentParser) -> None:
    """Add the option by which layout() makes Markdown."""
    parser.add_argument("--markdown", action=_Markdown, nargs=0,
                        help="print tables as Markdown")


def layout(rows: Sequence[Sequence[str]], words: set[int]) -> str:
    """The rows in columns; `words` are aligned left, numbers right. The first
    row has the titles."""
    if _form == "markdown":
        return markdown(rows, words)
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for cells in rows:
        aligned = [cell.ljust(width) if i in words else cell.rjust(width)
                   for i, (cell, width) in enumerate(zip(cells, widths))]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def markdown(rows: Sequence[Sequence[str]], words: set[int]) -> str:
    rule = [":--" if i in words else "--:" for i in range(len(rows[0]))]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |"
                     for row in [cells[0], rule, *cells[1:]])
