"""The command line of tools/programs."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Callable, Iterable, Sequence

from .. import handin, run
from ..arguments import Parser
from ..columns import add_markdown
from .benching import Bench, Figure, report_bench
from .comparing import report_test, test_all
from .results import Row, check_files, export, is_bad
from .running import ProgramsError, Result, Suite, prepare, preload_of
from .suite import KEEPS_ALL, PACKAGES, Program, choose

SENSIBLE = ("mm", "segregated", "tlsf", "slab", "hmm", "memory_allocator",
            "osmem")

EPILOG = """\
ALLOCATOR is what tools/run takes. Programs that are not installed are skipped
with the Debian package that has them; `tools/programs setup` installs all.

outcomes: same (as under libc, to the byte; of test), differs (of test),
crashed (by a signal), failed (exit status), too slow (not ended after
--time-limit), not loaded (the program has another malloc), skipped.

Exit status: 0 all the same, or too slow, or skipped; 1 any other outcome; 2 it
could not be run; 130 interrupted: what was done is reported.
"""


def allocator_list(text: str | None, default: Sequence[str]) -> list[str]:
    """Names as given; `all` is every one of the build that frees."""
    names: list[str] = []
    for word in text.split(",") if text is not None else default:
        names += [name for name in run.names() if name not in KEEPS_ALL] \
            if word == "all" else [word]
    for name in names:
        preload_of(name)  # a RunError for an unknown name
    if not names:
        raise ProgramsError("no allocator is named")
    return list(dict.fromkeys(names))


def _found(names: Iterable[str]) -> list[str]:
    """The programs that are installed."""
    found = []
    for name in names:
        try:
            preload_of(name)
            found.append(name)
        except run.RunError:
            pass
    return found


def _completes(work: Callable[[], None]) -> bool:
    """Run work; false if it is interrupted."""
    try:
        work()
        return True
    except KeyboardInterrupt:
        return False


def command_test(options: argparse.Namespace, suite: Suite,
                 allocators: Sequence[str]) -> int:
    results = list(suite.skipped)

    def work() -> None:
        prepare(suite.programs, suite.inputs)
        test_all(suite, allocators, options.jobs, results)

    complete = _completes(work)
    report_test(results, suite.names, allocators)
    return _end(options, results, Result, complete)


def command_bench(options: argparse.Namespace, suite: Suite,
                  allocators: Sequence[str]) -> int:
    bench = Bench(suite, allocators, options.rounds)

    def work() -> None:
        prepare(suite.programs, suite.inputs)
        bench.run_all()

    complete = _completes(work)
    figures = bench.figures()
    report_bench(figures, suite.skipped)
    return _end(options, figures, Figure, complete)


def _end(options: argparse.Namespace,
         rows: Sequence[Row], kind: type,
         complete: bool) -> int:
    """Write the files, and return the exit status."""
    if not complete:
        print("interrupted: this is what was done")
    sys.stdout.flush()
    export(rows, kind, options)
    return 130 if not complete else 1 if any(map(is_bad, rows)) else 0


def command_list(programs: Sequence[Program]) -> int:
    for program in programs:
        missing = program.missing()
        print(f"{program.name:16}{program.what}" + (
            f" (not installed: {', '.join(missing)})" if missing else ""))
    return 0


def command_setup() -> int:
    """Install what the programs need, as tools/start does."""
    status = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *PACKAGES],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    there = {line.split()[0] for line in status.splitlines()
             if line.endswith("ok installed")}
    wanted = [name for name in PACKAGES if name not in there]
    if not wanted:
        return 0
    print("tools/programs: installing with apt-get:", *wanted, flush=True)
    root = [] if os.getuid() == 0 else ["sudo"]
    for words in (["update"], ["install", "-y", "--no-install-recommends",
                               *wanted]):
        if subprocess.run([*root, "env", "DEBIAN_FRONTEND=noninteractive",
                           "apt-get", "-qq", *words]).returncode != 0:
            raise ProgramsError("apt-get failed")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/programs", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Run real programs on allocators: test that they do what "
        "they do under libc, or bench their time and memory.")
    parser.add_argument("command", choices=["test", "bench", "list", "setup"])
    parser.add_argument("program", nargs="*",
                        help="only these (tools/programs list)")
    parser.add_argument("-a", "--allocator", metavar="LIST",
                        help="allocators, separated by commas; all is every "
                        "one of the build that frees (test: all; bench: libc, "
                        "jemalloc, mimalloc, tcmalloc, " + ", ".join(SENSIBLE)
                        + ")")
    parser.add_argument("--time-limit", type=float, default=600,
                        metavar="SECONDS", help="for each run (600)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                        help="runs at a time, of test (one per processor)")
    parser.add_argument("--rounds", type=int, default=5,
                        help="of bench (5)")
    parser.add_argument("--json", metavar="FILE", help="write the figures too")
    parser.add_argument("--csv", metavar="FILE", help="the same, as CSV")
    add_markdown(parser)
    parser.add_argument("--keep", metavar="DIR", type=Path,
                        help="run in DIR, which must not be there yet, and "
                        "leave in it what test made")
    return parser


def _chosen(names: list[str]) -> list[Program]:
    try:
        return choose(names)
    except KeyError as error:
        raise ProgramsError(f"no program {error}: see tools/programs list") \
            from None


def _allocators(options: argparse.Namespace) -> list[str]:
    if options.command == "test":
        return allocator_list(options.allocator, ["all"])
    names = allocator_list(options.allocator,
                           _found([*run.SYSTEM_MALLOCS, *SENSIBLE]))
    return ["libc", *(name for name in names if name != "libc")]


def _run_in(folder: Path, options: argparse.Namespace,
            programs: Sequence[Program], allocators: Sequence[str]) -> int:
    suite = Suite(programs, folder.resolve(), options.time_limit)
    command = command_test if options.command == "test" else command_bench
    return command(options, suite, allocators)


def _dispatch(options: argparse.Namespace) -> int:
    for name in ("jobs", "rounds", "time_limit"):
        if not 0 < getattr(options, name) <= threading.TIMEOUT_MAX:
            raise ProgramsError(f"--{name.replace('_', '-')} takes a number "
                                "above 0")
    if options.command == "setup":
        return command_setup()
    programs = _chosen(options.program)
    if options.command == "list":
        return command_list(programs)
    allocators = _allocators(options)
    check_files(options)
    if options.keep:
        options.keep.mkdir()
        return _run_in(options.keep, options, programs, allocators)
    with tempfile.TemporaryDirectory(prefix="programs-",
                                     ignore_cleanup_errors=True) as folder:
        return _run_in(Path(folder), options, programs, allocators)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_intermixed_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _dispatch(options)
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename \
            else str(error)
    except (ProgramsError, run.RunError, handin.HandinError) as error:
        text = str(error)
    except KeyboardInterrupt:
        return 130
    print(f"tools/programs: {text}", file=sys.stderr)
    return 2
