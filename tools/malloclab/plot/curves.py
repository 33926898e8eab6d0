"""Payload, footprint and bound over the operations of a trace."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Sequence

import numpy

from ..bench.benchmark import short
from ..replays import Table
from . import style
from .options import Range
from .source import TIMELINES, Replay, Source, label, last_operation

ABOUT = "payload, footprint and bound over the operations"
DETAILS = """\
The grey area is what the trace keeps live; a line is what an allocator took
from the system for it. The dotted line is the bound: the least that the peak
of payload can need, its sizes rounded up. With --bounds, levels for best fit
and for the packing too. Below: utilization so far, that is the highest payload
until then over the highest footprint until then.
"""
NEEDS = TIMELINES


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log", action="store_true",
                        help="a logarithmic axis of bytes")


# ---- Computing. ----


@dataclass(frozen=True)
class Curve:
    """The curves of one allocator: arrays of one length, in bytes except op and
    share."""

    name: str
    caption: str  # its utilization, or what went wrong
    op: numpy.ndarray
    payload: numpy.ndarray
    footprint: numpy.ndarray
    share: numpy.ndarray  # utilization so far, of 1

    @property
    def peak(self) -> int:
        return int(self.footprint.max())


def utilization_so_far(payload: numpy.ndarray, footprint: numpy.ndarray
                       ) -> numpy.ndarray:
    """The peak of payload over that of footprint, after each operation; nan
    while the footprint is 0."""
    high = numpy.maximum.accumulate(footprint).astype(float)
    high[high == 0] = numpy.nan
    return numpy.minimum(numpy.maximum.accumulate(payload) / high, 1)


def curve_of(replay: Replay, span: Range) -> Curve | None:
    """The curve of a replay, or None if it has no operation in the range."""
    t: Table | None = replay.table
    if t is None:
        return None
    share = utilization_so_far(t["payload"], t["footprint"])
    kept = span.holds(t["op"])
    if not kept.any():
        return None
    return Curve(short(replay.allocator), replay.caption, t["op"][kept],
                 t["payload"][kept], t["footprint"][kept], share[kept])


NAMES = {"aligned": "bound: sizes rounded up", "best_fit": "best fit",
         "packing": "packing"}


def levels_of(replays: Sequence[Replay]) -> dict[str, float]:
    """The least footprint that each bound allows, in bytes, by its name."""
    result = next((r.result for r in replays if r.result), None)
    if not result:
        return {}
    return {NAMES[name]: result["peak_payload"] / share
            for name, share in result["bounds"].items()
            if name in NAMES and share}


def finding(trace: str, curves: Sequence[Curve]) -> str:
    """A sentence: how much each allocator took beyond the peak payload."""
    least = max((int(c.payload.max()) for c in curves), default=0)
    if not least:
        return f"{trace}: no payload"
    order = sorted(curves, key=lambda c: c.peak)
    if len(order) > 3:
        order = [order[0], order[-1]]
    said = [f"{c.name} {c.peak / least:.2f}" for c in order]
    said[0] = said[0].replace(" ", " takes ", 1) + " times the payload"
    return f"{trace}: at its peak {style.listed(said)}"


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    columns = 1 if len(source.traces) == 1 else 2
    rows = -(-len(source.traces) // columns)
    sheet = style.Sheet(look, 9 if columns == 1 else 12, 1.1 + 4.2 * rows)
    grid = sheet.figure.add_gridspec(rows, columns)
    findings = []
    for n, trace in enumerate(source.traces):
        parts = grid[n // columns, n % columns].subgridspec(
            2, 1, height_ratios=(3, 1), hspace=0.06)
        axes, said = _draw_trace(sheet, parts, source, trace, options)
        findings.append(said)
        if len(source.traces) > 1:
            lines = -(-len(axes.get_legend().get_texts()) // 2)
            axes.set_title(said, weight="bold", fontsize=9, pad=8 + 15 * lines)
    sheet.set_title(findings[0] if len(findings) == 1 else
                    "What allocators took, and what the traces kept live")
    return sheet


def _draw_trace(sheet: style.Sheet, parts: Any, source: Source, trace: str,
                options: argparse.Namespace) -> tuple[Any, str]:
    replays = source.replays(trace, TIMELINES)
    top = sheet.figure.add_subplot(parts[0])
    low = sheet.figure.add_subplot(parts[1], sharex=top)
    found = [curve_of(replay, options.range) for replay in replays]
    curves = [curve for curve in found if curve]
    levels = levels_of(replays)
    _draw_bytes(top, curves, levels, options.log)
    _draw_shares(low, curves)
    style.operations_axis(low, options.range.first,
                          last_operation(replays, options.range))
    for replay, curve in zip(replays, found):
        if not curve:
            top.plot([], [], " ", label=f"{short(replay.allocator)}: "
                     f"{replay.fault or 'nothing in this range'}")
    top.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncol=2,
               borderaxespad=0.2, handlelength=2.6)
    return top, finding(label(trace), curves)


def _draw_bytes(axes: Any, curves: Sequence[Curve], levels: dict[str, float],
                log: bool) -> None:
    most = max([c.peak for c in curves] + list(levels.values()) or [1])
    if curves:
        longest = max(curves, key=lambda c: c.op[-1])
        axes.fill_between(longest.op, longest.payload, color=style.PALE,
                          linewidth=0, label="payload")
    for n, c in enumerate(curves):
        axes.plot(c.op, c.footprint, linewidth=1.8, **style.line_of(n),
                  label=f"{c.name}: {c.caption}".rstrip(": "))
    for (name, level), dash in zip(levels.items(), (":", "-.", "--")):
        axes.axhline(level, color=style.INK, linewidth=1.2, linestyle=dash,
                     label=name)
    style.bytes_axis(axes, most, "footprint", log)
    if not log:
        axes.set_ylim(0, 1.05 * most)
    axes.tick_params(labelbottom=False)


def _draw_shares(axes: Any, curves: Sequence[Curve]) -> None:
    for n, c in enumerate(curves):
        axes.plot(c.op, 100 * c.share, linewidth=1.4, **style.line_of(n))
    axes.set_ylim(0, 100)
    axes.set_yticks((0, 50, 100))
    axes.set_ylabel("utilization\nso far, %")
    axes.grid(axis="y", color=style.FAINT)
