"""tools/traces: figures of traces. numpy is needed (packages.demand)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Iterator, Sequence

from ..arguments import Parser
from ..columns import add_markdown, layout
from ..terminal import show_progress
from . import arrays, info, manifest, places, statistics
from .arrays import Trace
from .places import TraceError

EPILOG = """\
examples:
  tools/traces list
  tools/traces info git-log x.rep
  tools/traces info --json x.rep.gz | jq .traces[0].sizes
  tools/traces check

A TRACE is a path, or a name in the trace directory. Exit status: 0; 1 where
check found a difference; 2 where a trace is not sound or not there; 130
interrupted.
"""


def _parser() -> argparse.ArgumentParser:
    common = Parser(add_help=False)
    places.add_options(common)
    parser = Parser(
        prog="tools/traces", description="Print figures of allocation traces.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", metavar="COMMAND",
                                  required=True, title="commands")
    about = parts.add_parser(
        "info", parents=[common], help="all figures of each trace",
        description="Print operations, sizes, lifetimes, reallocs and threads "
        "of each trace.")
    about.add_argument("--json", action="store_true",
                       help="print one JSON object")
    about.add_argument("names", metavar="TRACE", nargs="+")
    for name, purpose in (
            ("list", "print a line per trace"),
            ("check", "compare traces with their directory's MANIFEST")):
        part = parts.add_parser(name, parents=[common], help=purpose,
                                description=f"{purpose[0].upper()}"
                                f"{purpose[1:]}.")
        add_markdown(part)
        part.add_argument("names", metavar="TRACE", nargs="*",
                          help="default: all of the directory")
    return parser


def _load_all(paths: Sequence[Path], build: Path) -> Iterator[Trace]:
    for number, path in enumerate(paths, 1):
        show_progress(f"reading {path.name} ({number} of {len(paths)})")
        trace = arrays.load(path, build)
        show_progress("")
        yield trace


def _paths(options: argparse.Namespace) -> list[Path]:
    if options.names:
        return [places.found(name, options.trace_dir) for name in options.names]
    paths = sorted(path for path in options.trace_dir.iterdir()
                   if path.name.endswith(places.ENDINGS[1:]))
    if not paths:
        raise TraceError(f"{options.trace_dir}: there is no trace in it")
    return paths


def _entry(path: Path) -> manifest.Entry | None:
    """The line of the MANIFEST beside the trace, if there is one."""
    beside = path.parent / "MANIFEST"
    if not beside.is_file():
        return None
    return {entry.name: entry for entry in manifest.read(str(beside)).entries
            }.get(path.name)


# ---- The commands. ----


def _info(options: argparse.Namespace) -> int:
    all_figures = []
    for trace in _load_all(_paths(options), options.build):
        figures = info.summary(trace)
        entry = _entry(Path(trace.path))
        figures["provenance"] = entry.provenance if entry else None
        if options.json:
            all_figures.append(figures)
            continue
        print(info.text(figures, figures["provenance"] or ""),
              flush=True)
    if options.json:
        json.dump({"schema": 1, "traces": all_figures}, sys.stdout, indent=1)
        print()
    return 0


def _list(options: argparse.Namespace) -> int:
    rows = [["trace", "kind", "operations", "ids", "peak payload",
             "peak blocks", "threads", "provenance"]]
    for trace in _load_all(_paths(options), options.build):
        entry = _entry(Path(trace.path))
        rows.append([Path(trace.path).name, entry.kind if entry else "-",
                     *map(str, _key_figures(trace)),
                     entry.provenance if entry else "-"])
    print(layout(rows, {0, 1, 7}))
    return 0


def _key_figures(trace: Trace) -> tuple[int, int, int, int, int]:
    """Operations, ids, peaks of payload and of blocks, threads."""
    payload = statistics.payload_over_time(trace.operations)
    live = statistics.blocks_over_time(trace.blocks)
    return (len(trace.operations), trace.ids, int(payload.max()),
            int(live.max()), len(set(trace.operations.thread.tolist())))


def _check(options: argparse.Namespace) -> int:
    faults = 0
    paths = _paths(options)
    for trace in _load_all(paths, options.build):
        for fault in _differences(trace):
            print(f"{trace.path}: {fault}")
            faults += 1
    for name in _missing(options, paths):
        print(f"{options.trace_dir / name}: in MANIFEST, but not there")
        faults += 1
    if not faults:
        print(f"{len(paths)} traces, all sound and as MANIFEST says")
    return 1 if faults else 0


def _differences(trace: Trace) -> Iterator[str]:
    entry = _entry(Path(trace.path))
    if entry is None:
        yield "not in the MANIFEST beside it"
        return
    ops, _, peak, _, _ = _key_figures(trace)
    if ops != entry.ops:
        yield f"{ops} operations, {entry.ops} in MANIFEST"
    if peak != entry.peak:
        yield f"a peak of {peak} bytes, {entry.peak} in MANIFEST"


def _missing(options: argparse.Namespace, paths: Sequence[Path]) -> list[str]:
    listed = options.trace_dir / "MANIFEST"
    if options.names or not listed.is_file():
        return []
    there = {path.name for path in paths}
    return [entry.name for entry in manifest.read(str(listed)).entries
            if entry.name not in there]


COMMANDS = {"info": _info, "list": _list, "check": _check}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.part](options)
    except (TraceError, manifest.ManifestError) as error:
        show_progress("")
        if str(error):
            print(f"tools/traces: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        show_progress("")
        print(f"{error.filename or '-'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        show_progress("")
        return 130
