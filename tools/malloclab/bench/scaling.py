"""tools/bench scaling: what an operation costs as the heap grows."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..arguments import names, positive
from ..terminal import show_progress
from .churn import write_churn
from .steps import measure
from .table import BenchError, Failure, Table, count, lab_object, warn

ABOUT = "instructions an operation with 10^4 to 10^6 live blocks"
DETAILS = """\
Traces that keep a tenth as many blocks live as they have operations: sizes of 1
to 512 bytes, freed at random. Instructions are counted as by `tools/bench
worst`, of a sample: all operations are done, some, chosen at random but the
same in every run, are stepped. `+-` is the standard error of the mean; `growth`
the mean over that of the shortest trace.
"""
ALLOCATORS = ["mm", "segregated", "tlsf"]
LENGTHS = ["100000", "1000000", "10000000"]
SAMPLE = 2000
MOST = 512  # bytes of a block
LIVE = 10  # operations for each block that is live


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, default=ALLOCATORS,
                        metavar="LIST", help="names of the build or paths of "
                        f"shared objects ({','.join(ALLOCATORS)})")
    parser.add_argument("-n", "--ops", default=",".join(LENGTHS), type=lengths,
                        metavar="LIST", help="operations of the traces "
                        f"({','.join(LENGTHS)})")
    parser.add_argument("--sample", type=positive, default=SAMPLE, metavar="N",
                        help="about how many operations of each trace are "
                        f"stepped ({SAMPLE})")


def lengths(text: str) -> list[int]:
    """An argparse type: ascending."""
    return sorted(positive(word) for word in names(text))


def run(options: argparse.Namespace) -> int:
    objects = [(name, lab_object(options.build, name))
               for name in options.allocators]
    means: dict[str, float] = {}
    status = 0
    with Table("operations", "live", "allocator", "stepped", "mean", "+-",
               "median", "p99.9", "maximum", "growth",
               words=("allocator",)) as table, \
            tempfile.TemporaryDirectory() as folder:
        for ops in options.ops:
            show_progress(f"{count(ops)} operations: writing the trace")
            trace = Path(folder) / "churn.rep"
            write_churn(trace, ops, max(1, ops // LIVE), MOST)
            for name, library in objects:
                status |= _row(table, options, trace, ops, name, library,
                               means)
    return status


def _row(table: Table, options: argparse.Namespace, trace: Path, ops: int,
         name: str, library: Path, means: dict[str, float]) -> int:
    show_progress(f"{count(ops)} operations: {name}")
    try:
        steps = measure(options.build, library, trace, sample=options.sample)
    except Failure as failure:
        warn(f"{name}: {failure}")
        return 1
    error = steps.error if steps.stepped < steps.operations else 0.0
    first = means.setdefault(name, steps.mean)
    table.add(count(ops), count(max(1, ops // LIVE)), name,
              count(steps.stepped), f"{steps.mean:.1f}", f"{error:.1f}",
              *map(count, (steps.median, steps.p999, steps.max)),
              f"{steps.mean / first:.2f}")
    return 0
