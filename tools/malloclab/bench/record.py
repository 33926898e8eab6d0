"""tools/bench record: what recording a program costs it."""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from ..arguments import positive
from ..record import command as tools_record
from ..record import corpus, inputs, recording
from ..record.corpus import Workload
from ..terminal import show_progress
from .judge import cpu_seconds
from .table import BenchError, Table, count, program, summarize, warn

ABOUT = "CPU time that recording adds: an operation, and to the program"
DETAILS = """\
Each program runs with and without the recorder in turn, round by round, the
first round not counted. Times are CPU time, user and system, of all that the
command starts; the writing of the recording is in them, its conversion to a
trace is not. us/op is what an operation costs more, `ratio` the time under the
recorder over that without in the same round: median and quartiles.
"""
ROUNDS = 9

PROGRAMS = [
    Workload("cc1", "gcc", "gcc -O1 -S -o out.s in.c",
             {"in.c": partial(inputs.c_source, 150)}),
    Workload("git", "git", "git --git-dir=repo log -p --stat",
             {"stream": partial(inputs.history, 900)},
             ("git init -q --bare -b main repo",
              "git --git-dir=repo fast-import --quiet < stream")),
    Workload("jq", "jq", "jq -f orders.jq orders.json",
             {"orders.json": partial(inputs.orders, 5000)}),
    Workload("perl", "perl-base", "perl index.pl text.txt",
             {"text.txt": partial(inputs.prose, 20000)}),
    Workload("python3", "python3.11-minimal",
             "PYTHONMALLOC=malloc python3 -S compile.py 5"),
    Workload("threads", "python3.11-minimal",
             "PYTHONMALLOC=malloc python3 -S pipeline.py text.txt",
             {"text.txt": partial(inputs.prose, 8000)}),
    Workload("xmllint", "libxml2-utils", "xmllint --format books.xml",
             {"books.xml": partial(inputs.catalogue, 30000)}),
]


def add_options(parser: argparse.ArgumentParser) -> None:
    known = ", ".join(one.name for one in PROGRAMS)
    parser.add_argument("-p", "--program", action="append", metavar="NAME",
                        help=f"one of {known}; again for more (all)")
    parser.add_argument("-c", "--command", metavar="CMD",
                        help="measure this command instead")
    parser.add_argument("-r", "--rounds", type=positive, default=ROUNDS,
                        metavar="N", help=f"rounds ({ROUNDS})")
    parser.add_argument("--stacks", metavar="FRAMES", type=positive, nargs="?",
                        const=tools_record.FRAMES, default=0,
                        help="record call stacks as well, of at most so many "
                        f"calls ({tools_record.FRAMES})")


def chosen(options: argparse.Namespace) -> list[Workload]:
    if options.command:
        return [Workload("command", "", options.command)]
    known = {one.name: one for one in PROGRAMS}
    for name in options.program or []:
        if name not in known:
            raise BenchError(f"no program '{name}': there are "
                             f"{', '.join(known)}")
    return [known[name] for name in options.program or known]


class Runs:
    """A workload in its own folder, to run with and without the recorder."""

    def __init__(self, workload: Workload, folder: Path,
                 recorder: Path, frames: int) -> None:
        self.workload = workload
        self.work = str(folder / workload.name)
        self.recorder = str(recorder)
        self.frames = frames
        corpus.prepare(workload, self.work)

    def plain(self) -> float:
        environment = corpus.environment(self.workload, self.work)
        return cpu_seconds(lambda: corpus.run(self.workload, self.work,
                                              environment))

    def recorded(self) -> float:
        with tempfile.TemporaryDirectory(prefix="malloc-record-") as raw:
            return self._into(raw)

    def operations(self) -> int:
        """How many calls the recorder logs, counted in a separate run."""
        with tempfile.TemporaryDirectory(prefix="malloc-record-") as raw:
            self._into(raw)
            return sum(event.kind not in (recording.NOTHING, recording.RESIZE)
                       for one in recording.load_all(raw)
                       for event in one.events())

    def _into(self, raw: str) -> float:
        environment = tools_record.recorded(
            corpus.environment(self.workload, self.work), raw, self.recorder,
            self.frames)
        return cpu_seconds(lambda: corpus.run(self.workload, self.work,
                                              environment))


def cells(operations: int, plain: list[float],
          recorded: list[float]) -> tuple[str, ...]:
    added = summarize([1e6 * (with_ - without) / operations
                       for without, with_ in zip(plain, recorded)])
    ratio = summarize([with_ / without
                       for without, with_ in zip(plain, recorded)])
    return (count(operations), f"{summarize(plain).median:.3f}",
            f"{operations / summarize(plain).median / 1e6:.2f}",
            f"{added.median:.3f} {added.range(3)}",
            f"{ratio.median:.3f} {ratio.range(3)}")


def measure(runs: Runs, rounds: int) -> tuple[str, ...]:
    operations = runs.operations()
    if operations == 0:
        raise BenchError(f"{runs.workload.name}: nothing is recorded of it")
    times: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        show_progress(f"{runs.workload.name}: round {number} of {rounds}")
        if number % 2:
            times.append((runs.plain(), runs.recorded()))
        else:
            times.append((runs.recorded(), runs.plain())[::-1])
    plain, recorded = zip(*times[1:])
    return cells(operations, list(plain), list(recorded))


def run(options: argparse.Namespace) -> int:
    recorder = program(options.build, "record.so")
    status = 0
    with tempfile.TemporaryDirectory(prefix="malloc-bench-") as folder, \
            Table("program", "operations", "CPU s", "Mop/s", "us/op p25-p75",
                  "ratio p25-p75", words=("program",)) as table:
        for workload in chosen(options):
            show_progress(f"{workload.name}: its input")
            try:
                runs = Runs(workload, Path(folder), recorder, options.stacks)
                table.add(workload.name, *measure(runs, options.rounds))
            except (tools_record.RecordError, OSError) as error:
                warn(error)
                status = 2
    return status
