"""tools/likeness: two traces side by side, in figures and in a picture."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Sequence

from .. import pictures, packages, replays, terminal
from ..arguments import Parser
from ..columns import add_markdown, layout
from ..results import OK
from ..traces import arrays, places
from ..traces.arrays import Blocks
from . import likeness, picture
from .likeness import Distances

EPILOG = """\
examples:
  tools/generate --like traces/git-log.rep.gz --ops 1000000 -o copy.repb
  tools/likeness traces/git-log.rep.gz copy.repb -o likeness.png
  tools/likeness traces/git-log.rep.gz copy.repb --allocator mm,libc

KS is Kolmogorov and Smirnov's distance: the largest difference of the two
cumulative distributions. Lifetimes are in blocks begun, live blocks and bytes
as each birth meets them. Exit status: 0 no distance is above its aim, 1 some
is, 2 the traces could not be compared.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.output:
        packages.demand("tools/likeness", "numpy", "matplotlib")
    try:
        return _compare(options)
    except places.TraceError as error:
        if not str(error):
            return 2  # mdriver has said what is wrong with the trace
        text = str(error)
    except (replays.ReplayError, ValueError) as error:
        text = str(error)
    except OSError as error:
        text = (f"{error.filename}: {error.strerror}" if error.filename
                else str(error))
    except KeyboardInterrupt:
        return 130
    print(f"tools/likeness: {text}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/likeness",
        description="Say how alike two allocation traces are: the distances "
        "between their distributions, facts side by side.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", metavar="ORIGINAL",
                        help="a trace: .rep, .rep.gz, .rep.zst, .repb")
    parser.add_argument("copy", metavar="COPY", help="another")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="draw the distributions: .png, .svg or .pdf")
    add_markdown(parser)
    parser.add_argument("-a", "--allocator", metavar="LIST",
                        help="replay both on these and compare utilization, "
                        "also of best fit (mdriver --bounds)")
    return parser


def _compare(options: argparse.Namespace) -> int:
    if options.output and pictures.fault(options.output):
        raise ValueError(pictures.fault(options.output))
    paths = [str(places.found(name))
             for name in (options.original, options.copy)]
    both = [_read(path) for path in paths]
    parts = [likeness.distributions(one) for one in both]
    found = likeness.distances(*parts)
    rows = [["", *map(os.path.basename, paths)],
            *([name, *values] for name, values in likeness.facts(*both))]
    if options.allocator:
        rows += _utilization(paths, options.allocator)
    print(layout(rows, {0}), layout(_distance_rows(found), {0}), sep="\n\n")
    if options.output:
        picture.draw(options.output, rows[0][1:], parts, found)
    return 0 if likeness.within(found) else 1


def _read(path: str) -> Blocks:
    terminal.show_progress(f"reading {path}")
    found = arrays.load(path, places.build()).blocks
    terminal.show_progress("")
    if not len(found):
        raise ValueError(f"{path}: it has no block")
    return found


def _distance_rows(found: Distances) -> list[list[str]]:
    return [["distance", "KS", "aim"],
            *([name, f"{d:.3f}", f"{most:.2f}"] for (name, d), most
              in zip(likeness.named(found), likeness.AIM))]


def _utilization(paths: list[str], allocators: str) -> list[list[str]]:
    """The utilizations: a row for each allocator, and one for best fit."""
    wanted = allocators.split(",")
    columns = []
    for path in paths:
        results = replays.results([path], wanted, "--no-timing", "--bounds",
                                  build=places.build())["results"]
        columns.append({_row(result): result["utilization"]
                        for result in results})
        columns[-1]["util of best fit"] = results[0]["bounds"]["best_fit"]
    return [[name, *(f"{100 * column[name]:.1f}%" for column in columns)]
            for name in columns[0]]


def _row(result: dict[str, Any]) -> str:
    if result["verdict"] != OK:
        raise ValueError(f"{result['allocator']}: {result['trace']}: "
                         f"{result['verdict']}")
    return f"util of {result['allocator']}"
