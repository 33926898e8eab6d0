"""tools/generate --like: read a trace, fit a model, write a copy."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from .. import terminal
from ..traces import arrays, places, rep, statistics
from ..traces.arrays import Blocks
from . import likeness, model, outlet
from .model import Model, Style
from .outlet import CopyError

SLACK = 2  # the heap that a header suggests, over the original's peak


class Order(NamedTuple):
    """What is to be copied; ops 0: as many as the original has."""

    original: str
    ops: int
    seed: int
    parameters: dict[str, int]


def copy(order: Order, path: str) -> str:
    """Write the copy to path, "" being standard output; what to say of it."""
    try:
        return _copy(order, path)
    finally:
        terminal.show_progress("")


def _copy(order: Order, path: str) -> str:
    order = order._replace(original=str(places.found(order.original)))
    if path and os.path.exists(path) and os.path.samefile(path, order.original):
        raise CopyError(f"{path}: it is the original itself")
    terminal.show_progress(f"reading {order.original}")
    trace = arrays.load(order.original, places.build())
    original = trace.blocks
    if not len(original):
        raise CopyError(f"{order.original}: it has no block")
    terminal.show_progress("fitting")
    style, how = _style(original, order)
    copies = Model(original, style)
    promise = _promise(copies, order, trace.threaded)
    with outlet.opened(path) if path else outlet.standard() as file:
        sessions = _write(copies, order.seed,
                          outlet.outlet(path, file, promise), promise)
    return (f"{promise.ops} operations in {sessions} session"
            f"{'s' if sessions > 1 else ''} of {style.phases} phases, runs of "
            f"{style.run}{how}")


def _promise(copies: Model, order: Order, threaded: bool) -> outlet.Promise:
    ops = order.ops or len(copies.kinds)
    live = statistics.payload_over_time(copies.original.operations)
    pages = SLACK * int(live.max()) // rep.PAGE + 1
    return outlet.Promise(threaded, copies.births(ops, order.seed), ops,
                          pages * rep.PAGE)


def _style(original: Blocks, order: Order) -> tuple[Style, str]:
    """The style, fitted unless it was given, and how it does."""
    unknown = set(order.parameters) - set(Style._fields)
    if unknown:
        raise CopyError(f"--like has no parameter {min(unknown)}; it has "
                          + ", ".join(Style._fields))
    if set(order.parameters) == set(Style._fields):
        style = Style(**order.parameters)
        return _sensible(style, len(original)), ""
    if order.parameters:
        raise CopyError("phases and run are given both or not at all")
    style, found = model.fit(original, order.seed)
    return style, f"; {likeness.sentence(found)}"


def _sensible(style: Style, blocks: int) -> Style:
    if not 0 < style.phases <= blocks or style.run < 1:
        raise CopyError(f"phases has to be from 1 to the {blocks} blocks of "
                          "the original, run positive")
    return style


def _write(copies: Model, seed: int, target: outlet.Outlet,
           promise: outlet.Promise) -> int:
    """How many sessions it were."""
    done = count = 0
    told = time.monotonic()
    for session in copies.sessions(promise.ops, seed):
        target.write(session)
        done += len(session.kinds)
        count += 1
        if time.monotonic() > told + 0.5:
            told = time.monotonic()
            terminal.show_progress(f"{100 * done // promise.ops} % of "
                                   f"{promise.ops} operations")
    target.finish()
    return count
