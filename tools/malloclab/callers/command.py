"""tools/callers: who allocates. numpy is needed (packages.demand)."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Sequence

from .. import output
from ..arguments import Parser, positive
from ..columns import add_markdown, layout
from ..replays import ReplayError
from ..traces import arrays, places
from ..traces.places import TraceError
from ..traces.stacks import folded
from . import flame, pprof, weighing
from .weighing import Profile

EPILOG = """\
examples:
  tools/record --stacks -o server.rep.gz -- ./server
  tools/callers server.rep.gz
  tools/callers server.rep.gz --allocator libc --by pinned --frames 3
  tools/callers server.rep.gz --pprof server.pb.gz --flame server.html

Columns: bytes live when payload was highest, and in how many blocks; bytes
allocated in all, by how many calls; with --allocator, bytes pinned: free, but on
pages with live blocks of the caller, after the peak, when the footprint is
furthest above the payload. The free bytes of a page count for its callers by
their bytes on the page. Exit status: 0; 2 where the trace is not sound, or has no
call stacks.
"""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/callers",
        description="Print who holds memory at the peak, who allocates most, "
        "and who pins pages when the heap has shrunk, of a trace with call "
        "stacks (tools/record --stacks).",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.may_be_empty = {"skip"}
    parser.add_argument("name", metavar="TRACE",
                        help="a path, or a name in the trace directory")
    parser.add_argument("--by", choices=[measure.replace("_", "-")
                                         for measure in weighing.MEASURES],
                        default="at-peak", help="what rows are sorted by, and "
                        "what --folded and --flame weigh (at-peak)")
    parser.add_argument("-a", "--allocator", metavar="NAME", default="",
                        help="replay the trace on it, as mdriver's option "
                        "says, for what is pinned")
    parser.add_argument("--top", metavar="N", type=positive, default=20,
                        help="how many rows (20)")
    parser.add_argument("--frames", metavar="N", type=positive, default=1,
                        help="name a caller by its innermost N functions (1)")
    parser.add_argument("--skip", metavar="REGEX", default=weighing.INSIDE,
                        help="functions that are no callers (malloc, those of "
                        "C++'s library); '' skips none")
    parser.add_argument("--json", action="store_true",
                        help="print one JSON object")
    add_markdown(parser)
    for option, what in (("folded", "folded stacks, for flamegraph.pl"),
                         ("pprof", "a profile for pprof, of all measures"),
                         ("flame", "a flame graph, a page for the browser")):
        parser.add_argument(f"--{option}", metavar="FILE",
                            help=f"write {what}")
    places.add_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        _show(options)
    except (TraceError, ReplayError) as error:
        if str(error):
            print(f"tools/callers: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or '-'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _show(options: argparse.Namespace) -> None:
    by = options.by.replace("-", "_")
    if by == "pinned" and not options.allocator:
        raise TraceError("what is pinned depends on --allocator")
    try:
        name = weighing.namer(options.skip, options.frames)
    except re.error as error:
        raise TraceError(f"--skip: {error}") from None
    trace = arrays.load(places.found(options.name, options.trace_dir),
                        options.build)
    found = weighing.profile(trace, options.allocator, options.build)
    _write_files(found, by, options)
    rows = weighing.table(found, name, by)
    more, rows = len(rows) - options.top, rows[:options.top]
    if options.json:
        json.dump({"schema": 1, "trace": trace.path, "moment": found.moment,
                   "footprint": found.footprint, "payload": found.payload,
                   "callers": rows, "more_callers": max(more, 0)},
                  sys.stdout, indent=1)
        print()
        return
    titles = [title.replace("_", " ") for title in found.values]
    cells = [[f"{row[measure]:,}" for measure in found.values]
             + [row["caller"]] for row in rows]
    print(layout([[*titles, "caller"], *cells], {len(titles)}))
    if more > 0:
        print(f"... and {more} more (--top)")
    if found.moment:
        print(f"\npinned: after operation {found.moment:,}, with "
              f"{found.payload:,} bytes of payload in a footprint of "
              f"{found.footprint:,} bytes of {options.allocator}")


def _write_files(found: Profile, by: str, options: argparse.Namespace) -> None:
    weights = found.by_stack(by)
    if options.folded:
        output.save(options.folded, folded(weights).encode())
    if options.pprof:
        output.save(options.pprof, pprof.encode(*_samples(found)))
    if options.flame:
        title = f"{Path(found.trace.path).name}: {options.by}"
        output.save(options.flame, flame.page(title, weights).encode())


def _samples(found: Profile) -> tuple[list[tuple[str, str]], dict[Any, Any]]:
    weights = [found.by_stack(measure) for measure in found.values]
    units = [(measure, "count" if measure in ("blocks", "calls") else "bytes")
             for measure in found.values]
    return units, {stack: [one.get(stack, 0) for one in weights]
                   for stack in dict.fromkeys(s for one in weights for s in one)}
