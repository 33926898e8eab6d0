"""The trace-event JSON of Chrome's about:tracing, which Perfetto reads too.

A block is a pair of nestable asynchronous events, b where it begins and e where
it ends, both with the block's id. (Synchronous ones, B/E or X, have to nest on
each row, and blocks do not.) A realloc is an n between the two.
Blocks that are live at the end have no e. Payload is a counter, and so is the
footprint if an allocator is chosen. Each operation takes a microsecond.

One event a line, each with its arguments as the trace has them: the lines of
b, n, e and i are the operations, in order.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, TextIO

from ..traces import rep
from ..traces.op_table import COUNTING, FREEING, LETTERS, RESIZING
from .checked_trace import CheckedTrace
from .frames import size_class
from .moments import Moment, moments
from .write_options import WriteOptions

COUNTED = 2000  # moments at which counters are written


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    about = {"trace": options.name, "allocator": options.allocator or "none",
             "ts": "operations"}
    file.write('{"displayTimeUnit": "ms",\n'
               f'"otherData": {json.dumps(about)},\n"traceEvents": [\n')
    separator = ""
    for event in events(trace, options):
        file.write(separator + json.dumps(event))
        separator = ",\n"
    file.write("\n]}\n")


def events(trace: CheckedTrace, options: WriteOptions
           ) -> Iterator[dict[str, Any]]:
    yield _meta("process_name", 0, options.name)
    for thread in sorted({op.thread for op in trace}):
        yield _meta("thread_name", thread, f"thread {thread}")
    counted = {moment.number: moment
               for moment in moments(trace, options, COUNTED)}
    known = dict(options.footprints)
    names: dict[int, str] = {}
    for number, op in enumerate(trace, 1):
        yield _operation(op, number, names)
        if number in counted:
            yield from _counters(counted[number], number in known)


def _meta(what: str, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": 1, "tid": thread, "ts": 0,
            "args": {"name": name}}


def _operation(op: rep.Op, number: int, names: dict[int, str]
               ) -> dict[str, Any]:
    """names: of the live blocks, the one that begins or ends here included."""
    event = {"ph": "i", "cat": "block", "name": "free(NULL)", "pid": 1,
             "tid": op.thread, "ts": number, "args": {"op": op.kind}}
    if op.id == rep.NULL_ID:
        return {**event, "s": "t"}
    if op.kind not in FREEING:
        event["args"]["size"] = op.size
    if op.extra:
        what = "count" if op.kind in COUNTING else "alignment"
        event["args"][what] = op.extra
    event["id"] = hex(op.id)
    if op.id not in names:
        names[op.id] = f"{LETTERS[op.kind].call}, {size_class(op.payload)}"
        return {**event, "ph": "b", "name": names[op.id]}
    if op.kind in RESIZING and op.size:
        return {**event, "ph": "n", "name": "realloc"}
    return {**event, "ph": "e", "name": names.pop(op.id)}


def _counters(moment: Moment, with_footprint: bool
              ) -> Iterator[dict[str, Any]]:
    values = {"payload": moment.payload}
    if with_footprint:
        values["footprint"] = moment.total
    for name, value in values.items():
        yield {"ph": "C", "name": name, "pid": 1, "tid": 0,
               "ts": moment.number, "args": {"bytes": value}}
