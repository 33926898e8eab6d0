"""The command line of tools/report."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Sequence

from .. import output, terminal
from ..arguments import Parser
from ..columns import add_markdown
from ..replays import BUILD, Refused, ReplayError
from ..results import OK
from ..traces import manifest, places, rep
from . import before, gather, lines, page
from .gather import ReportError

EPILOG = """\
examples:
  tools/report -o structs.html structs
  tools/report -o all.html --allocator mm,libc,tlsf --timing traces/*.rep.gz
  tools/report -o new.html --before structs.html structs
  tools/report --bench structs.html

A TRACE is a path, or a name in traces/, as mdriver takes it. The page opens
from disk, in any browser of 2023 or later, and asks no network for anything.
Exit status: 0; 1 where a verdict is bad (the report shows how far it went);
2 where there is no report; 130 interrupted.
"""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/report", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Write an HTML file with the results of allocators on "
        "traces and an\ninteractive view of their heaps.")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.html",
                        help="the file to write")
    parser.add_argument("-a", "--allocator", default="mm,libc", metavar="LIST",
                        help="allocators as mdriver takes them (mm,libc)")
    parser.add_argument("--title", default="", help="of the page")
    parser.add_argument("--timing", action="store_true",
                        help="measure ns/op as well; takes longer")
    parser.add_argument("--before", type=Path, metavar="FILE.html",
                        help="an earlier report: its figures and heaps beside "
                        "the new ones, by trace and allocator")
    parser.add_argument("--no-bounds", action="store_true",
                        help="do without best fit and packing")
    parser.add_argument("--build", type=Path, default=BUILD, metavar="FOLDER",
                        help="whose mdriver is run (build/release)")
    parser.add_argument("--bench", type=Path, metavar="FILE.html",
                        help="measure how fast a report moves in a headless "
                        "Chromium, and do nothing else")
    add_markdown(parser)
    parser.add_argument("traces", nargs="*", metavar="TRACE")
    return parser


def _check(parser: argparse.ArgumentParser,
           options: argparse.Namespace) -> None:
    if options.bench:
        if options.output or options.traces:
            parser.error("--bench measures a report that is there: no -o, "
                         "no TRACE")
        return
    if not options.output:
        parser.error("-o FILE.html is missing")
    if not options.traces:
        parser.error("a TRACE is missing")
    if options.output.is_dir():
        raise ReportError(f"{options.output}: it is a folder")
    if not os.access(options.output.parent, os.W_OK):
        raise ReportError(f"{options.output.parent}: cannot write into it")


def _read_lines(trace: str) -> lines.Lines | None:
    try:
        return lines.read(places.found(trace))
    except places.TraceError as problem:
        print(f"tools/report: {problem}", file=sys.stderr)
        return None


def _gather(options: argparse.Namespace) -> list[dict[str, Any]]:
    """A description of each trace; their names are made to differ."""
    allocators = options.allocator.split(",")
    wanted = [] if options.no_bounds else ["--bounds"]
    wanted += [] if options.timing else ["--no-timing"]
    found: list[dict[str, Any]] = []
    for at, trace in enumerate(options.traces, 1):
        where = f"[{at}/{len(options.traces)}] {trace}: "
        terminal.show_progress(where + "replaying")
        replayed = gather.replay(trace, allocators, wanted, options.build)
        terminal.show_progress(where + "packing")
        one = gather.describe(replayed, _read_lines(trace))
        one["callers"] = gather.callers(trace, options.build)
        if any(one["name"] == other["name"] for other in found):
            one["name"] = trace
        found.append(one)
    terminal.show_progress("")
    return found


def first_panels(traces: list[dict[str, Any]]) -> list[str]:
    """The panels shown first: three allocators, and the packing if present; or
    pairs, of what an earlier report has."""
    names = [panel["name"] for panel in traces[0]["panels"]]
    measured = {result["allocator"] for result in traces[0]["results"]}
    pairs = [one for name in names if name + before.MARK in names
             for one in (name, name + before.MARK)]
    shown = [name for name in names if name in measured][:3]
    return pairs or shown + [name for name in names if name == "packing"]


def _report(options: argparse.Namespace) -> int:
    earlier = before.read(options.before) if options.before else None
    traces = _gather(options)
    if earlier is not None:
        for note in before.add(traces, earlier):
            print(f"tools/report: {note}", file=sys.stderr)
    title = options.title or f"{options.allocator.replace(',', ', ')} on " + (
        traces[0]["name"] if len(traces) == 1 else f"{len(traces)} traces")
    with output.created(str(options.output), True) as file:
        for part in page.parts(title, traces, first_panels(traces)):
            file.write(part)
    bad = any(result["verdict"] != OK
              for trace in traces for result in trace["results"])
    return 1 if bad else 0


def _bench(path: Path) -> int:
    from . import bench, browser  # need selenium, which reports do not
    try:
        return bench.run(path)
    except browser.BrowserError as error:
        raise ReportError(error) from error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        _check(parser, options)
        return _bench(options.bench) if options.bench else _report(options)
    except Refused:
        return 2
    except OSError as error:
        print(f"tools/report: {error.filename or options.output}: "
              f"{error.strerror}", file=sys.stderr)
        return 2
    except (ReportError, ReplayError, rep.RepError,
            manifest.ManifestError) as error:
        print(f"tools/report: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
