"""tools/bench lookahead: what reading coming operations could gain."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from .. import packages
from ..arguments import names
from ..terminal import show_progress
from .table import BenchError, Table, trace_file

ABOUT = "utilization of an allocator that knows the next operations"
DETAILS = """\
A model: an allocator without headers gets a trace in batches of some operations,
and knows a batch when it begins: what is allocated in it, and what ends in it. It
places the blocks of a batch in several ways, of which the best one counts. 0: it
knows nothing. all: the whole trace is one batch. Such an allocator would read the
channel between judge and worker. It needs numpy.
"""
TRACE_NAMES = ["structs", "strings", "comb", "alternation", "powerlaw",
               "random", "queue", "sawtooth", "cache", "sed-wrap"]
AHEAD = ["0", "16", "64", "256", "1024", "4096", "all"]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--trace", action="append", metavar="TRACE",
                        help="a file, or a name of traces/; again for more "
                        f"({', '.join(TRACE_NAMES)})")
    parser.add_argument("-k", "--ahead", type=_ahead, default=AHEAD,
                        metavar="LIST", help="operations in a batch, all for "
                        f"all of them ({','.join(AHEAD)})")


def _ahead(text: str) -> list[str]:
    for word in names(text):
        if word != "all" and not (word.isascii() and word.isdigit()):
            raise argparse.ArgumentTypeError(
                f"'{word}' is neither a number nor all")
    return names(text)


def run(options: argparse.Namespace) -> int:
    packages.demand("tools/bench lookahead", "numpy")
    traces = [trace_file(name) for name in options.trace or TRACE_NAMES]
    rows = []
    with Table("trace", *options.ahead, words=("trace",)) as table:
        for trace in traces:
            rows.append(_row(trace, options))
            table.add(trace.name, *(f"{100 * u:.1f}" for u in rows[-1]))
        table.add("mean", *(f"{100 * statistics.mean(column):.1f}"
                            for column in zip(*rows)))
    return 0


def _row(trace: Path, options: argparse.Namespace) -> list[float]:
    # Here, for they need numpy.
    from ..traces import arrays
    from ..traces.places import TraceError
    from . import lookahead_model as model

    try:
        operations = arrays.load(trace, options.build).operations
    except TraceError as error:
        raise BenchError(error) from None
    pieces = model.pieces_of(operations)
    found = []
    for ahead in options.ahead:
        show_progress(f"{trace.name}: {ahead} ahead")
        found.append(model.utilization(
            pieces, pieces.operations if ahead == "all" else int(ahead)))
    return found
