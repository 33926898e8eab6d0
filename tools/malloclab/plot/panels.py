"""A panel for each replay: a row per trace, allocators side by side."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Tuple

from ..bench.benchmark import short
from . import style
from .options import Range
from .source import Replay, label, last_operation

# What is drawn of each replay of a trace; None where there is nothing.
Row = Sequence[Tuple[Replay, Optional[Any]]]


def draw_panels(look: style.Look, rows: Sequence[Row], span: Range,
                draw: Callable[[Any, Any, Row], None]
                ) -> tuple[style.Sheet, list[list[Any]]]:
    """The sheet, and its axes by row.

    draw(axes, what, row) fills a panel; scales are to be those of the row.
    """
    places, shape = style.arrange([len(row) for row in rows])
    sheet = style.Sheet(look, style.width_of(shape[1]), 1.4 + 3.2 * shape[0])
    cells = sheet.grid(*shape)
    spots = iter(places)
    drawn: list[list[Any]] = []
    for row in rows:
        drawn.append([])
        last = last_operation([replay for replay, _ in row], span)
        for replay, what in row:
            line, column = next(spots)
            axes = sheet.figure.add_subplot(cells[line][column])
            drawn[-1].append(axes)
            _name(axes, replay, len(rows) > 1)
            if what is None:
                style.show_empty(axes, replay.fault)
                continue
            draw(axes, what, row)
            style.operations_axis(axes, span.first, last)
            if column:
                axes.set_ylabel("")
    return sheet, drawn


def _name(axes: Any, replay: Replay, with_trace: bool) -> None:
    trace = f"{label(replay.trace)}: " if with_trace else ""
    style.name_panel(axes, trace + short(replay.allocator), replay.caption)


def shown(row: Row) -> list[Any]:
    """The items of a row that can be drawn."""
    return [what for _, what in row if what is not None]
