"""tools/generate --like: read a trace, fit a model, write a copy."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from .. import terminal
from ..traces import arrays, places, rep, statistics
from ..traces.arrays import Blocks
from . import likeness, model, writers
from .model import Model, Style
from .writers import CopyError

SLACK = 2  # the heap that a header suggests, over the original's peak


class CopyRequest(NamedTuple):
    """Which trace to copy, and how; ops 0: as many as the original has."""

    original: str
    ops: int
    seed: int
    parameters: dict[str, int]


def copy(request: CopyRequest, path: str) -> str:
    """Write the copy to path, "" being standard output; a sentence about it."""
    try:
        return _copy(request, path)
    finally:
        terminal.show_progress("")


def _copy(request: CopyRequest, path: str) -> str:
    request = request._replace(original=str(places.found(request.original)))
    if path and os.path.exists(path) \
            and os.path.samefile(path, request.original):
        raise CopyError(f"{path}: it is the original itself")
    terminal.show_progress(f"reading {request.original}")
    trace = arrays.load(request.original, places.build())
    original = trace.blocks
    if not len(original):
        raise CopyError(f"{request.original}: it has no block")
    terminal.show_progress("fitting")
    style, how = _style(original, request)
    copies = Model(original, style)
    header = _header_of(copies, request, trace)
    with writers.opened(path) if path else writers.to_stdout() as file:
        sessions = _write(copies, request.seed,
                          writers.writer_for(path, file, header), header)
    return (f"{header.ops} operations in {sessions} session"
            f"{'s' if sessions > 1 else ''} of {style.phases} phases, runs of "
            f"{style.run}{how}")


def _header_of(copies: Model, request: CopyRequest, trace: arrays.Trace
               ) -> writers.HeaderFields:
    ops = request.ops or len(copies.kinds)
    live = statistics.payload_over_time(copies.original.operations)
    pages = SLACK * int(live.max()) // rep.PAGE + 1
    return writers.HeaderFields(trace.threaded,
                                copies.births(ops, request.seed), ops,
                                pages * rep.PAGE, trace.stacks)


def _style(original: Blocks, request: CopyRequest) -> tuple[Style, str]:
    """The style, fitted unless it was given, and a clause about the fit."""
    unknown = set(request.parameters) - set(Style._fields)
    if unknown:
        raise CopyError(f"--like has no parameter {min(unknown)}; it has "
                          + ", ".join(Style._fields))
    if set(request.parameters) == set(Style._fields):
        style = Style(**request.parameters)
        return _sensible(style, len(original)), ""
    if request.parameters:
        raise CopyError("phases and run are given both or not at all")
    style, found = model.fit(original, request.seed)
    return style, f"; {likeness.sentence(found)}"


def _sensible(style: Style, blocks: int) -> Style:
    if not 0 < style.phases <= blocks or style.run < 1:
        raise CopyError(f"phases has to be from 1 to the {blocks} blocks of "
                          "the original, run positive")
    return style


def _write(copies: Model, seed: int, target: writers.Writer,
           header: writers.HeaderFields) -> int:
    """Write sessions until all operations are written; returns their number.
    """
    done = count = 0
    told = time.monotonic()
    for session in copies.sessions(header.ops, seed):
        target.write(session)
        done += len(session.kinds)
        count += 1
        if time.monotonic() > told + 0.5:
            told = time.monotonic()
            terminal.show_progress(f"{100 * done // header.ops} % of "
                                   f"{header.ops} operations")
    target.finish()
    return count
