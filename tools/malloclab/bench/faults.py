"""tools/bench faults: what --fuzz finds, and how small --shrink makes it."""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .. import ROOT
from ..terminal import show_progress
from .judge import cpu_seconds
from .table import BenchError, Table, count, program, seconds, trace_file

ABOUT = "wrong allocators: what --fuzz finds, how small --shrink makes traces"
DETAILS = """\
Each allocator of tests/bad is judged on the trace; where it fails, --shrink makes
the trace smaller. Then --fuzz looks for a fault without a trace, unless --no-fuzz
is given. Columns: operations that are left, replays that it took, seconds of CPU
time and of elapsed time; random traces until one failed. An allocator whose name
begins with ok is right. The wrong allocators are built by make test-build.
"""
TRACE = "git-log"
SECONDS = 30.0
SEED = "1"
OPTIONS = re.compile(r"/\* options: (.*?) \*/")
LEFT = re.compile(r": (\d+) of (\d+) operations are left after (\d+) replays")
TRACES = re.compile(r": (\d+) traces, ")


class Run(NamedTuple):
    """One run of mdriver: what it printed; seconds of CPU and elapsed time."""

    text: str
    cpu: float
    seconds: float

    def figures(self) -> tuple[str, ...]:
        """Operations left, replays, both times; where nothing was shrunk, -."""
        left, replays = (self.shrunk[1], self.shrunk[3]) if self.shrunk \
            else ("-", "-")
        return left, replays, f"{self.cpu:.1f}", f"{self.seconds:.1f}"

    @property
    def shrunk(self) -> re.Match[str] | None:
        """Operations left, operations at first, replays."""
        return LEFT.search(self.text)

    @property
    def traces(self) -> str:
        found = TRACES.search(self.text)
        return count(int(found[1])) if found and " failed" in self.text else "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--trace", default=TRACE, metavar="TRACE",
                        help=f"a file, or a name of traces/ ({TRACE})")
    parser.add_argument("--seconds", type=seconds, default=SECONDS,
                        metavar="N", help="the most that --fuzz may take "
                        f"({SECONDS:.0f})")
    parser.add_argument("--no-fuzz", action="store_true",
                        help="only make the trace smaller")
    parser.add_argument("--named", default="", metavar="TEXT",
                        help="only allocators with this in their names")


def judged(driver: str, library: Path, *words: str) -> Run:
    """A run with the options that the allocator's source asks for."""
    source = ROOT / "tests/bad" / f"{library.stem}.c"
    own = " ".join(OPTIONS.findall(source.read_text())).split()
    begin = time.monotonic()
    text = ""

    def run_it() -> None:
        nonlocal text
        text = subprocess.run(
            [driver, *words, "--seed", SEED, "--allocator", str(library), *own],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace").stdout

    cpu = cpu_seconds(run_it)
    return Run(text, cpu, time.monotonic() - begin)


def wrong_allocators(options: argparse.Namespace) -> list[Path]:
    found = sorted(path for path in (options.build / "bad").glob("*.so")
                   if options.named in path.stem)
    if not found:
        raise BenchError(f"no allocator in {options.build / 'bad'}: "
                         "make test-build")
    return found


def middle(figures: list[int], share: float) -> str:
    """That quantile, by rank."""
    ranked = sorted(figures)
    return str(ranked[int(share * (len(ranked) - 1))]) if ranked else "-"


COLUMNS = "shrunk to", "replays", "CPU s", "s"


def run(options: argparse.Namespace) -> int:
    driver, trace = program(options.build, "mdriver"), trace_file(options.trace)
    allocators = wrong_allocators(options)
    shrunk: list[Run] = []
    fuzzed: list[Run] = []
    columns = COLUMNS if options.no_fuzz else (*COLUMNS, "fuzz: traces", *COLUMNS)
    with tempfile.TemporaryDirectory() as folder, Table(
            "allocator", *columns, words=("allocator",)) as table:
        small = f"{folder}/small.rep"
        for library in allocators:
            show_progress(library.stem)
            shrunk.append(judged(driver, library, "--shrink", small, "-f",
                                 str(trace)))
            row = shrunk[-1].figures()
            if not options.no_fuzz:
                fuzzed.append(judged(driver, library, "--fuzz",
                                     str(options.seconds), "--record", small))
                row += (fuzzed[-1].traces, *fuzzed[-1].figures())
            table.add(library.stem, *row)
    print()
    if fuzzed:
        print_found(allocators, fuzzed)
    for name, runs in ("--shrink", shrunk), ("--fuzz", fuzzed):
        print_summary(name, runs)
    return 0


def print_found(allocators: list[Path], fuzzed: list[Run]) -> None:
    wrong = [run for path, run in zip(allocators, fuzzed)
             if not path.stem.startswith("ok.")]
    found = sum(run.traces != "-" for run in wrong)
    print(f"--fuzz finds {found} of {len(wrong)} wrong allocators.")


def print_summary(name: str, runs: Sequence[Run]) -> None:
    left = [int(run.shrunk[1]) for run in runs if run.shrunk]
    if left:
        print(f"{name}: {len(left)} traces were made smaller, to "
              f"{middle(left, 0.5)} operations (median), {middle(left, 0.9)} "
              f"(90th percentile); at most {max(run.cpu for run in runs):.1f} s "
              f"of CPU time, {max(run.seconds for run in runs):.1f} s.")
