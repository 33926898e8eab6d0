"""A trace for a report: replayed on allocators, and packed into one text."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy

from .. import ROOT, replays
from ..replays import Table
from ..callers import weighing
from ..traces import arrays, manifest, op_table, places
from . import blocks, lines
from .pack import Packer

# What is drawn of a timeline, beside payload and footprint.
HOLES = ("free_bytes", "largest_free")


class ReportError(Exception):
    """Why there is no report, in a sentence."""


@dataclass(frozen=True)
class Replayed:
    """mdriver's output for a trace: one result and one table per panel."""

    trace: str
    results: list[dict[str, Any]]
    events: list[Table]
    timelines: list[Table]


def replay(trace: str, allocators: Sequence[str], options: Sequence[str],
           build: Path = replays.BUILD) -> Replayed:
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        paths = [Path(folder) / name for name in ("events", "timeline")]
        account = replays.results(
            [trace], allocators, *options, "--events", str(paths[0]),
            "--timeline", str(paths[1]), build=build)
        tables = []
        for path in paths:
            with open(path, encoding="utf-8", newline="") as file:
                tables.append(list(replays.read_tables(file)))
    return Replayed(trace, account["results"], tables[0], tables[1])


def callers(trace: str, build: Path) -> dict[tuple[str, ...], int]:
    """Bytes live at the peak by call stack; none without stacks."""
    read = arrays.load(places.found(trace), build)
    if read.operations.stack is None:
        return {}
    return weighing.profile(read, "", build).by_stack("at_peak")


def describe(found: Replayed, text: lines.Lines | None) -> dict[str, Any]:
    """The page's description of the trace; its `data` are packed columns."""
    if not found.events:
        raise ReportError(f"{found.trace}: {_first_message(found.results)}")
    packer = Packer()
    longest = max(found.events, key=len)
    trace = blocks.placements_of(longest)
    _pack_placements(packer, trace)
    if text:
        _pack_lines(packer, trace, text)
    name = found.results[0]["trace"]
    panels = [_pack_panel(packer, trace, events, _curve_of(found, events))
              for events in found.events]
    return {
        "name": name, "ops": len(trace.kind),
        "facts": facts(name, trace, found.results), "results": found.results,
        "threaded": bool(trace.thread.any()), "panels": panels,
        "columns": packer.index, "data": packer.text(),
    }


def _first_message(results: list[dict[str, Any]]) -> str:
    said = [f"{result['allocator']} is {result['verdict']}: "
            f"{result['message']}" for result in results if result["message"]]
    return said[0] if said else "there is no operation in it"


def _pack_placements(packer: Packer, trace: blocks.Placements) -> None:
    packer.add("kind", trace.kind)
    if trace.thread.any():
        packer.add("thread", trace.thread)
    packer.add("life", trace.death - trace.birth)
    packer.add("size", trace.size)
    packer.add("block", trace.block, delta=True)


def _pack_lines(packer: Packer, trace: blocks.Placements,
                text: lines.Lines) -> None:
    """One id per block; the other columns have one number per operation."""
    count = len(trace.kind)
    ident = numpy.array(text.ident, dtype=numpy.int64)[trace.birth]
    first = numpy.unique(trace.block, return_index=True)[1]
    packer.add("ident", ident[first], delta=True)
    packer.add("line", numpy.array(text.line[:count]), delta=True)
    packer.add("extra", numpy.array(text.extra[:count]))
    packer.add("each", numpy.array(text.each[:count]))


def _curve_of(found: Replayed, events: Table) -> Table | None:
    for timeline in found.timelines:
        if timeline.allocator == events.allocator:
            return timeline
    return None


def _pack_panel(packer: Packer, trace: blocks.Placements, events: Table,
                timeline: Table | None) -> dict[str, Any]:
    name = events.allocator
    layout = blocks.layout_of(trace, events)
    packer.add(f"{name}/offset", layout.offset + 1)
    _pack_footprint(packer, name, events)
    if timeline:
        packer.add(f"{name}/moment", timeline["op"] - 1, delta=True)
        for column in HOLES:
            packer.add(f"{name}/{column}", timeline[column])
    return {"name": name, "done": layout.done, "heap_base": layout.heap_base,
            "segments": [[s.base, s.length] for s in layout.segments],
            "holes": timeline is not None and bool(timeline["heap"].any())}


def _pack_footprint(packer: Packer, name: str, events: Table) -> None:
    rows = blocks.changes(events["heap"], events["mapped"])
    packer.add(f"{name}/changed", events["op"][rows] - 1, delta=True)
    packer.add(f"{name}/heap", events["heap"][rows])
    packer.add(f"{name}/mapped", events["mapped"][rows])


def facts(name: str, trace: blocks.Placements,
          results: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of a trace that are the same on every allocator."""
    counts = numpy.bincount(trace.kind, minlength=op_table.KINDS)
    ended = trace.death < len(trace.kind)
    size = trace.size
    return {
        "ops": results[0]["ops"],
        "blocks": int(trace.block.max() + 1) if len(trace.block) else 0,
        "reallocs": _count(counts, "realloc", "RESIZED", "BEGINS"),
        "frees": _count(counts, "free", "ENDS"),
        "median_size": int(numpy.median(size)) if len(size) else 0,
        "largest": int(size.max()) if len(size) else 0,
        "median_life": int(numpy.median((trace.death - trace.birth)[ended]))
        if ended.any() else None,
        "peak_payload": results[0]["peak_payload"],
        "threads": len(numpy.unique(trace.thread)),
        "provenance": _provenance(name),
    }


def _count(counts: numpy.ndarray, call: str, *effects: str) -> int:
    """How many operations have the call, and one of the effects."""
    return sum(int(counts[one.kind]) for one in op_table.OPERATIONS
               if one.call == call and one.effect in effects)


def _provenance(name: str) -> str:
    path = ROOT / "traces/MANIFEST"
    if not path.exists():
        return ""
    entries = manifest.read(str(path)).entries
    return next((entry.provenance for entry in entries
                 if entry.name == name), "")
