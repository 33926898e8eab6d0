"""tools/bench worst: instructions of single operations."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..arguments import names, positive
from ..terminal import show_progress
from .steps import Steps, measure
from .table import Failure, Table, count, lab_object, trace_file, warn

ABOUT = "instructions an operation: median, tail, and the worst one"
DETAILS = """\
Counted one by one, hence exact and the same in every run: what the processor
executes from an operation's entry into the allocator to its return. What stands
for a system call (mem_sbrk, mem_map, mem_unmap, mem_remap) and memcpy, memmove,
memset count as their call alone; `moved` is the most bytes that these copied or
set within one operation. p99: 99 of 100 operations take no more.
"""
ALLOCATORS = ["mm", "segregated", "tlsf", "treap"]
TRACE_NAMES = ["git-log", "python-report", "sqlite-bank"]
OPS = 10_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, default=ALLOCATORS,
                        metavar="LIST", help="names of the build or paths of "
                        f"shared objects ({','.join(ALLOCATORS)})")
    parser.add_argument("-f", "--trace", action="append", metavar="TRACE",
                        help="a file, or a name of traces/; again for more "
                        f"({', '.join(TRACE_NAMES)})")
    parser.add_argument("-n", "--ops", type=positive, default=OPS,
                        metavar="N",
                        help=f"step the first N operations ({OPS})")


def cells(steps: Steps) -> tuple[str, ...]:
    figures = (steps.operations, steps.median, steps.p99, steps.p999,
               steps.max)
    return (*map(count, figures), f"{steps.mean:.1f}",
            f"line {steps.worst_line}: {steps.worst}", count(steps.moved))


def run(options: argparse.Namespace) -> int:
    traces = [trace_file(name) for name in options.trace or TRACE_NAMES]
    objects = [(name, lab_object(options.build, name))
               for name in options.allocators]
    status = 0
    with Table("trace", "allocator", "operations", "median", "p99", "p99.9",
               "maximum", "mean", "the worst", "moved",
               words=("trace", "allocator", "the worst")) as table:
        for trace in traces:
            for name, library in objects:
                status |= _row(table, options, trace, name, library)
    return status


def _row(table: Table, options: argparse.Namespace, trace: Path, name: str,
         library: Path) -> int:
    show_progress(f"{trace.name}: stepping {name}")
    try:
        steps = measure(options.build, library, trace, options.ops)
    except Failure as failure:
        warn(f"{name}: {failure}")
        return 1
    table.add(trace.name, name, *cells(steps))
    return 0
