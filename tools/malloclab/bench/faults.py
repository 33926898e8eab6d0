"""tools/bench faults: what --fuzz finds, and how small --shrink makes it."""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .. import ROOT
from ..terminal import show_progress
from .table import BenchError, Table, count, program, seconds, trace_file

ABOUT = "wrong allocators: what --fuzz finds, how small --shrink makes traces"
DETAILS = """\
Each allocator of tests/bad is judged on the trace; where it fails, --shrink makes
the trace smaller. Then --fuzz looks for a fault without a trace. Columns:
operations that are left, replays that it took, seconds of elapsed time; random
traces until one failed. An allocator whose name begins with ok is right. The
wrong allocators are built by make test-build.
"""
TRACE = "git-log"
SECONDS = 30.0
SEED = "1"
OPTIONS = re.compile(r"/\* options: (.*?) \*/")
LEFT = re.compile(r": (\d+) of (\d+) operations are left after (\d+) replays")
TRACES = re.compile(r": (\d+) traces, ")


class Run(NamedTuple):
    """One run of mdriver: what it printed, and its elapsed seconds."""

    text: str
    seconds: float

    def figures(self) -> tuple[str, ...]:
        """Operations left, replays, seconds; where nothing was shrunk, -."""
        left, replays = (self.shrunk[1], self.shrunk[3]) if self.shrunk \
            else ("-", "-")
        return left, replays, f"{self.seconds:.1f}"

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
    parser.add_argument("--named", default="", metavar="TEXT",
                        help="only allocators with this in their names")


def judged(driver: str, library: Path, *words: str) -> Run:
    """A run with the options that the allocator's source asks for."""
    source = ROOT / "tests/bad" / f"{library.stem}.c"
    own = " ".join(OPTIONS.findall(source.read_text())).split()
    begin = time.monotonic()
    done = subprocess.run([driver, *words, "--seed", SEED, "--allocator",
                           str(library), *own], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, errors="replace")
    return Run(done.stdout, time.monotonic() - begin)


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


def run(options: argparse.Namespace) -> int:
    driver, trace = program(options.build, "mdriver"), trace_file(options.trace)
    allocators = wrong_allocators(options)
    shrunk: list[Run] = []
    fuzzed: list[Run] = []
    with tempfile.TemporaryDirectory() as folder, Table(
            "allocator", "shrunk to", "replays", "s", "fuzz: traces",
            "shrunk to", "replays", "s", words=("allocator",)) as table:
        small = f"{folder}/small.rep"
        for library in allocators:
            show_progress(library.stem)
            shrunk.append(judged(driver, library, "--shrink", small, "-f",
                                 str(trace)))
            fuzzed.append(judged(driver, library, "--fuzz",
                                 str(options.seconds), "--record", small))
            table.add(library.stem, *shrunk[-1].figures(), fuzzed[-1].traces,
                      *fuzzed[-1].figures())
    print_summary(allocators, shrunk, fuzzed)
    return 0


def print_summary(allocators: list[Path], shrunk: list[Run],
                  fuzzed: list[Run]) -> None:
    wrong = [run for path, run in zip(allocators, fuzzed)
             if not path.stem.startswith("ok.")]
    found = sum(run.traces != "-" for run in wrong)
    print(f"\n--fuzz finds {found} of {len(wrong)} wrong allocators.")
    for name, runs in ("--shrink", shrunk), ("--fuzz", fuzzed):
        left = [int(run.shrunk[1]) for run in runs if run.shrunk]
        print(f"{name}: {len(left)} traces were made smaller, to "
              f"{middle(left, 0.5)} operations (median), {middle(left, 0.9)} "
              f"(90th percentile); at most {max(run.seconds for run in runs):.1f}"
              " s.")
