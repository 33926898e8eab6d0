"""tools/generate --like: read a trace, fit a model, write a copy of any length.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from . import copies, likeness, lives, outlet, packed, rep
from .copies import Model, Style
from .recipes import RecipeError


SLACK = 2  # the heap that a header suggests, over the original's peak


class Order(NamedTuple):
    """What is to be copied; ops 0: as many as the original has."""

    original: str
    ops: int
    seed: int
    parameters: dict[str, int]


class Progress:
    """A line on a terminal, twice a second."""

    def __init__(self, whole: int) -> None:
        self.whole = whole
        self.next = time.monotonic() + 1
        self.shown = False

    def tell(self, done: int) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and now >= self.next:
            print(f"\r\033[K{100 * done // self.whole} % of {self.whole} "
                  "operations", end="", file=sys.stderr, flush=True)
            self.next, self.shown = now + 0.5, True

    def end(self) -> None:
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def copy(order: Order, path: str) -> str:
    """Write the copy to path, "" being standard output; what to say of it."""
    trace = packed.read(order.original)
    original = lives.of(trace)
    if not original.blocks:
        raise RecipeError(f"{order.original}: it has no block")
    style, how = _style(original, order)
    model = Model(original, style)
    ops = order.ops or len(original.kinds)
    heap = SLACK * int(original.live_bytes().max()) // rep.PAGE + 1
    promise = outlet.Promise(trace.threaded, model.births(ops, order.seed),
                             ops, heap * rep.PAGE)
    with outlet.opened(path) if path else outlet.standard() as file:
        sessions = _write(model, order.seed, outlet.outlet(path, file, promise),
                          promise)
    return (f"{ops} operations in {sessions} session"
            f"{'s' if sessions > 1 else ''} of {style.phases} phases, runs of "
            f"{style.run}{how}")


def _style(original: lives.Lives, order: Order) -> tuple[Style, str]:
    """The style, fitted unless it was given, and how it does."""
    unknown = set(order.parameters) - set(Style._fields)
    if unknown:
        raise RecipeError(f"--like has no parameter {min(unknown)}; it has "
                          + ", ".join(Style._fields))
    if set(order.parameters) == set(Style._fields):
        style = Style(**order.parameters)
        return _sensible(style, original.blocks), ""
    if order.parameters:
        raise RecipeError("phases and run are given both or not at all")
    style, found = copies.fit(original, order.seed)
    return style, f"; {likeness.sentence(found)}"


def _sensible(style: Style, blocks: int) -> Style:
    if not 0 < style.phases <= blocks or style.run < 1:
        raise RecipeError(f"phases has to be from 1 to the {blocks} blocks of "
                          "the original, run positive")
    return style


def _write(model: Model, seed: int, target: outlet.Outlet,
           promise: outlet.Promise) -> int:
    progress = Progress(promise.ops)
    done = count = 0
    try:
        for session in model.sessions(promise.ops, seed):
            target.write(session)
            done += len(session.kinds)
            count += 1
            progress.tell(done)
    finally:
        progress.end()
    target.finish()
    return count
