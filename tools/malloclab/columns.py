"""Tables as text: cells in aligned columns."""

from __future__ import annotations

from typing import Sequence


def layout(rows: Sequence[Sequence[str]], words: set[int]) -> str:
    """The rows in columns; `words` are aligned left, numbers right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for cells in rows:
        aligned = [cell.ljust(width) if i in words else cell.rjust(width)
                   for i, (cell, width) in enumerate(zip(cells, widths))]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def markdown(rows: Sequence[Sequence[str]], words: set[int]) -> str:
    """The rows as a table of Markdown; the first row has the titles."""
    rule = [":--" if i in words else "--:" for i in range(len(rows[0]))]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |"
                     for row in [cells[0], rule, *cells[1:]])
