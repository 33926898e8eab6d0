"""tools/programs: real programs on every allocator, compared with libc."""

from __future__ import annotations

import argparse
import csv
import functools
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import (FIRST_COMPLETED, Future, ThreadPoolExecutor,
                                wait)
from dataclasses import asdict, dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from . import handin, run
from .program_suite import (KEEPS_ALL, PACKAGES, Program, choose,
                            prepare_scripts)

REFERENCE = "reference"  # the folder of libc's output
RIVALS = ("libjemalloc.so.2", "libmimalloc.so.2", "libtcmalloc_minimal.so.4")
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

# A child of this process would begin with its memory, and have that as the
# least that its peak can be. So a shell, which is small, starts the program,
# and then becomes what tells how much the shell's children took.
LAUNCH = r"""
python=$1 report=$2 file=$3
shift 3
begin=$EPOCHREALTIME
{ "$@" 2>&3 3>&-; } 3>&2 2>/dev/null
exec "$python" -ISc "$report" "$file" "$?" "$begin" "$EPOCHREALTIME"
"""
REPORT = """
import json, resource, sys
file, status, *times = sys.argv[1:]
begin, end = (float(time.replace(",", ".")) for time in times)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(file, "w") as out:
    json.dump([end - begin, used.ru_utime + used.ru_stime, used.ru_maxrss],
              out)
sys.exit(int(status))
"""
SHELL = ("bash", "-eo", "pipefail", "-c")
LISTING = 5.0  # seconds that the loader gets to list what it loads


class ProgramsError(Exception):
    """Why it cannot be done, in a sentence."""


class Interrupted(Exception):
    """A run that was ended with all others."""


@dataclass
class Result:
    """One run of a program under an allocator."""

    program: str
    allocator: str
    outcome: str
    details: str = ""
    elapsed: float = 0.0  # seconds
    cpu: float = 0.0      # seconds of its processes, user and system
    rss: int = 0          # KiB at the peak of its largest process


# ---- One run. ----

class Children:
    """The process groups that are running, to be ended together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.groups: set[int] = set()
        self.stopped = False

    def _start(self, command: Sequence[str], **more) -> subprocess.Popen:
        with self.lock:
            if self.stopped:
                raise Interrupted
            process = subprocess.Popen(command, start_new_session=True,
                                       stdin=subprocess.DEVNULL, **more)
            self.groups.add(process.pid)
            return process

    def run(self, command: Sequence[str], limit: float | None = None,
            **more) -> int | None:
        """Its exit code, None where it had to be ended. Nothing of its group
        is left."""
        process = self._start(command, **more)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with self.lock:
                _kill(process.pid)
                self.groups.discard(process.pid)
            process.wait()
        if self.stopped:
            raise Interrupted
        return code

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for group in self.groups:
                _kill(group)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


CHILDREN = Children()


def _as_they_end(futures: Sequence[Future]) -> Iterator[Future]:
    """A thread that waits without a limit can miss a signal that comes just
    before it does."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, 0.2, FIRST_COMPLETED)
        yield from done


def run_all(function: Callable, work: Iterable[tuple], jobs: int,
            results: list, tell: Callable = lambda *_: None) -> None:
    """Call it with each of the work; results are added in that order, also
    where it is interrupted. Only threads start processes: what interrupts
    comes to the main thread, which ends them all."""
    futures: list[Future] = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            futures += [pool.submit(function, *words) for words in work]
            for number, future in enumerate(_as_they_end(futures), 1):
                tell(future.result(), number, len(futures))
        except BaseException:
            CHILDREN.stop()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            results += [f.result() for f in futures
                        if f.done() and not f.cancelled()
                        and not f.exception()]


preload_of = functools.cache(run.preload_of)  # builds a hand-in once


def _judge(code: int | None) -> tuple[str, str]:
    """Exit codes above 128 are a shell's for a signal."""
    if code is None:
        return "too slow", ""
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number:
        try:
            return "crashed", signal.Signals(number).name
        except ValueError:
            pass
    return ("failed", f"exit {code}") if code else ("ended", "")


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")


def _command(program: Program, allocator: str, folder: Path, inputs: Path,
             cpu: int | None) -> list[str]:
    preload = run.environment(preload_of(allocator)).get("LD_PRELOAD", "")
    command = ["env", f"INPUT={inputs}", f"LD_PRELOAD={preload}", *SHELL,
               program.script]
    if cpu is not None and not program.threads:
        command = ["taskset", "-c", str(cpu), *command]
    return ["bash", "-c", LAUNCH, "bash", sys.executable, REPORT,
            str(folder / "used"), *command]


def run_program(program: Program, allocator: str, folder: Path, inputs: Path,
                limit: float, cpu: int | None = None) -> Result:
    """Run its script; what it prints is kept in folder/stdout."""
    work = folder / "work"
    work.mkdir(parents=True)
    command = _command(program, allocator, folder, inputs, cpu)
    variables = {name: text for name, text in os.environ.items()
                 if name != "LD_PRELOAD"}
    with open(folder / "stdout", "wb") as out, \
            open(folder / "stderr", "wb") as err:
        code = CHILDREN.run(command, limit, cwd=work, env=variables,
                            stdout=out, stderr=err)
    outcome, details = _judge(code)
    if outcome in ("crashed", "failed"):
        line = _last_line(folder / "stderr")
        details += f": {line}" if line else ""
    used = folder / "used"
    figures = json.loads(used.read_text()) if used.exists() else ()
    return Result(program.name, allocator, outcome, details, *figures)


def why_not_loaded(program: Program, allocator: str, folder: Path) -> str:
    """The loader lists what it loads into the program's executable; one that
    is linked statically would run instead, for ever maybe."""
    preload = preload_of(allocator)
    if not preload:
        return ""
    folder.mkdir(parents=True)
    variables = {**run.environment(preload), "LD_TRACE_LOADED_OBJECTS": "1"}
    with open(folder / "loaded", "w+") as out, \
            open(folder / "loader", "w+") as err:
        CHILDREN.run([program.main], LISTING, cwd=folder, env=variables,
                     stdout=out, stderr=err)
        out.seek(0), err.seek(0)
        if preload in out.read():
            return ""
        said = [line for line in err if line.startswith("ERROR: ld.so: ")]
    return said[0].strip() if said else f"{program.main} keeps its own malloc"


# ---- The input. ----

def _make_input(script: str, folder: Path) -> None:
    code = CHILDREN.run([*SHELL, script], cwd=folder,
                        env={**os.environ, "INPUT": str(folder)},
                        stdout=subprocess.DEVNULL)
    if code != 0:
        raise ProgramsError("an input could not be made: "
                            + script.strip().split("\n")[0])


def prepare(programs: Sequence[Program], folder: Path) -> None:
    folder.mkdir()
    run_all(_make_input, [(script, folder) for script
                          in prepare_scripts(programs)], 1, [])


# ---- Test. ----

def _excerpt(line: bytes, column: int) -> str:
    """What is about there, in quotes."""
    start = max(column - 20, 0) if column > 40 else 0
    return repr(line[start:start + 60])[1:]


def _first_difference(wanted: bytes, got: bytes) -> str:
    """The first line that differs."""
    lines = zip_longest(wanted.split(b"\n"), got.split(b"\n"))
    number, x, y = next((n, x, y) for n, (x, y) in enumerate(lines, 1)
                        if x != y)
    if x is None:
        return f"line {number} is {_excerpt(y, 0)}, not the end"
    if y is None:
        return f"line {number} is missing, {_excerpt(x, 0)}"
    column = len(os.path.commonprefix([x, y]))
    return f"line {number} is {_excerpt(y, column)}, not {_excerpt(x, column)}"


def compare(result: Result, reference: Path, folder: Path) -> Result:
    if result.outcome == "ended":
        wanted = (reference / "stdout").read_bytes()
        got = (folder / "stdout").read_bytes()
        result.outcome = "same" if got == wanted else "differs"
        if got != wanted:
            result.details = _first_difference(wanted, got)
    return result


class Suite:
    """The runs, in a folder of their own."""

    def __init__(self, programs: Sequence[Program], folder: Path,
                 limit: float) -> None:
        self.names = [program.name for program in programs]
        missing = {program: program.missing() for program in programs}
        self.programs = [p for p in programs if not missing[p]]
        self.skipped = [Result(p.name, "libc", "skipped",
                               f"not installed: {', '.join(missing[p])}")
                        for p in programs if missing[p]]
        self.folder = folder
        self.inputs = folder / "input"
        self.limit = limit

    def place(self, program: Program, name: str) -> Path:
        return self.folder / program.name / quote(name, safe="")

    def run(self, program: Program, allocator: str, place: Path,
            cpu: int | None = None) -> Result:
        reason = why_not_loaded(program, allocator, place)
        if reason:
            return Result(program.name, allocator, "not loaded", reason)
        return run_program(program, allocator, place, self.inputs, self.limit,
                           cpu)

    def reference(self, program: Program) -> Result:
        """Under libc, which is to end well."""
        return self.run(program, "libc", self.place(program, REFERENCE))

    def test(self, program: Program, allocator: str) -> Result:
        place = self.place(program, allocator)
        result = self.run(program, allocator, place)
        return compare(result, self.place(program, REFERENCE), place)


def _announce(result: Result, done: int, total: int) -> None:
    print(f"[{done}/{total}] {describe(result)} ({result.elapsed:.1f} s)",
          file=sys.stderr, flush=True)


def test_all(suite: Suite, allocators: Sequence[str], jobs: int,
             results: list[Result]) -> None:
    """Add to results, also where it is interrupted."""
    references: list[Result] = []
    try:
        run_all(suite.reference, [(p,) for p in suite.programs], jobs,
                references)
    finally:
        results += [r for r in references if r.outcome != "ended"]
    good = [p for p, r in zip(suite.programs, references)
            if r.outcome == "ended"]
    run_all(suite.test, [(p, a) for a in allocators for p in good], jobs,
            results, _announce)


# ---- What a test says. ----

SHORT = {"same": "same", "too slow": "slow", "differs": "DIFFERS",
         "crashed": "CRASHED", "failed": "FAILED", "not loaded": "NOT LOADED",
         "skipped": "-", "interrupted": "-"}
FINE = ("same", "ended", "too slow", "skipped", "interrupted")


def describe(result: Result | Figure) -> str:
    if result.outcome == "skipped":
        return f"{result.program}: skipped, {result.details}"
    return (f"{result.program} on {result.allocator}: {result.outcome} "
            f"{result.details}").rstrip()


def _table(rows: Sequence[Sequence[str]],
           align: Callable[[str, int], str]) -> str:
    """The first column to the left, the others as told."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(
        (align if i else str.ljust)(cell, width)
        for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)


def matrix(results: Sequence[Result], programs: Sequence[str],
           allocators: Sequence[str]) -> str:
    """Allocators as rows, programs as columns."""
    cells = {(r.allocator, r.program): SHORT[r.outcome] for r in results}
    rows = [["", *programs]]
    rows += [[a, *(cells.get((a, p), "-") for p in programs)]
             for a in allocators]
    return _table(rows, str.ljust)


def summary(results: Sequence[Result]) -> str:
    counts = {kind: sum(r.outcome == kind for r in results)
              for kind in SHORT}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()
                     if count or kind in ("same", "failed"))


def is_bad(result: Result | Figure) -> bool:
    return result.outcome not in FINE


def report_test(results: Sequence[Result], programs: Sequence[str],
                allocators: Sequence[str]) -> None:
    print(matrix(results, programs, allocators))
    for result in results:
        if result.outcome != "same":
            print(describe(result))
    print(summary(results))


# ---- Bench. ----

@dataclass
class Figure:
    """A program under an allocator, over the rounds."""

    program: str
    allocator: str
    outcome: str
    details: str
    rounds: int = 0
    elapsed: float = math.nan        # seconds, median
    elapsed_ratio: float = math.nan  # to libc in the same round, median
    elapsed_p25: float = math.nan
    elapsed_p75: float = math.nan
    cpu_ratio: float = math.nan
    rss: float = math.nan            # KiB, median
    rss_ratio: float = math.nan


def _median_ratio(mine: Sequence[float], libc: Sequence[float]) \
        -> tuple[float, float, float]:
    """The median and both quartiles of the ratios, round by round."""
    ratios = sorted(a / b for a, b in zip(mine, libc) if b > 0)
    if len(ratios) < 2:
        return (ratios[0],) * 3 if ratios else (math.nan,) * 3
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, low, high


def figure(program: str, allocator: str, runs: Sequence[Result],
           libc: Sequence[Result]) -> Figure:
    """Of what was run in each round, here and under libc. One run that did
    not end well is the outcome."""
    for result in (*runs, *libc):
        if result.outcome != "ended":
            own = result.allocator == allocator
            return Figure(program, allocator,
                          result.outcome if own else "skipped",
                          result.details if own else "libc did not end well")
    rounds = min(len(runs), len(libc))
    if not rounds:
        return Figure(program, allocator, "interrupted", "")
    mine, theirs = runs[:rounds], libc[:rounds]
    elapsed = _median_ratio([r.elapsed for r in mine],
                            [r.elapsed for r in theirs])
    return Figure(
        program, allocator, "ended", "", rounds,
        statistics.median(r.elapsed for r in mine), *elapsed,
        _median_ratio([r.cpu for r in mine], [r.cpu for r in theirs])[0],
        statistics.median(r.rss for r in mine),
        _median_ratio([r.rss for r in mine], [r.rss for r in theirs])[0])


class Bench:
    """Every allocator once in each round; who did not end well sits out, and
    all where that is libc."""

    def __init__(self, suite: Suite, allocators: Sequence[str],
                 rounds: int) -> None:
        self.suite = suite
        self.rounds = rounds
        self.cpu = max(os.sched_getaffinity(0))
        self.runs: dict[tuple[str, str], list[Result]] = {
            (p.name, a): [] for p in suite.programs for a in allocators}

    def _sits_out(self, program: str, allocator: str) -> bool:
        return any(r.outcome != "ended" for name in (allocator, "libc")
                   for r in self.runs[program, name])

    def run(self, program: Program, number: int, allocator: str) -> None:
        if self._sits_out(program.name, allocator):
            return
        print(f"{program.name}: round {number} of {self.rounds}, {allocator}",
              file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(
                dir=self.suite.folder, ignore_cleanup_errors=True) as place:
            self.runs[program.name, allocator].append(self.suite.run(
                program, allocator, Path(place) / "x", self.cpu))

    def run_all(self) -> None:
        names = list(dict.fromkeys(name for _, name in self.runs))
        run_all(self.run, [(program, number, name)
                           for program in self.suite.programs
                           for number in range(1, self.rounds + 1)
                           for name in names], 1, [])

    def figures(self) -> list[Figure]:
        """Of the programs that were begun."""
        return [figure(program, name, runs, self.runs[program, "libc"])
                for (program, name), runs in self.runs.items()
                if self.runs[program, "libc"]]


def _ratio(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _geometric(values: Iterable[float]) -> float:
    logs = [math.log(v) for v in values if v > 0]
    return math.exp(statistics.mean(logs)) if logs else math.nan


def bench_table(figures: Sequence[Figure], value: str,
                spread: Callable[[Figure], str],
                base: Callable[[Figure], str]) -> str:
    """Programs as rows; libc's own figure, and ratios to it."""
    at = {(f.program, f.allocator): f for f in figures}
    programs = list(dict.fromkeys(f.program for f in figures))
    others = [name for name in dict.fromkeys(f.allocator for f in figures)
              if name != "libc"]
    rows = [["", "libc", *(name.removeprefix("lib").split(".so")[0]
                           for name in others)]]
    for program in programs:
        cells = [at[program, name] for name in ("libc", *others)]
        rows.append([program, *(
            (spread if f.allocator != "libc" else base)(f) if f.rounds
            else SHORT[f.outcome] for f in cells)])
    rows.append(["geometric mean", "", *(_ratio(_geometric(
        getattr(at[p, name], value) for p in programs)) for name in others)])
    return _table(rows, str.rjust)


def report_bench(figures: Sequence[Figure],
                 skipped: Sequence[Result]) -> None:
    if figures:
        print("Elapsed: libc's seconds, and the ratio to it in the same round "
              "(median, p25-p75; less is faster)")
        print(bench_table(
            figures, "elapsed_ratio",
            lambda f: f"{_ratio(f.elapsed_ratio)} "
                      f"({_ratio(f.elapsed_p25)}-{_ratio(f.elapsed_p75)})",
            lambda f: f"{f.elapsed:.2f}"))
        print("\nCPU time of all its processes, user and system: ratio to "
              "libc")
        print(bench_table(figures, "cpu_ratio",
                          lambda f: _ratio(f.cpu_ratio), lambda f: ""))
        print("\nPeak RSS of its largest process: libc's MiB, and the ratio "
              "to it")
        print(bench_table(figures, "rss_ratio",
                          lambda f: _ratio(f.rss_ratio),
                          lambda f: f"{f.rss / 1024:.1f}"))
    for row in (*figures, *skipped):
        if row.outcome not in ("ended", "interrupted") and \
                (row.outcome != "skipped" or row in skipped):
            print(describe(row))


# ---- Files. ----

def check_files(options: argparse.Namespace) -> None:
    """Complain now of what could not be written in the end."""
    for name in filter(None, (options.json, options.csv)):
        with open(name, "a", encoding="utf-8"):
            pass


def export(rows: Sequence[Result] | Sequence[Figure], kind: type,
           options: argparse.Namespace) -> None:
    """What is no number is null in JSON, and empty in CSV."""
    names = [field.name for field in fields(kind)]
    table = [{name: None if value != value else value
              for name, value in asdict(row).items()} for row in rows]
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"rows": table}, file, indent=1)
            file.write("\n")
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(table)


# ---- Commands. ----

def allocator_list(text: str | None, default: Sequence[str]) -> list[str]:
    """Names as given; `all` is every one of the build that frees."""
    names: list[str] = []
    for word in text.split(",") if text is not None else default:
        names += [name for name in run.names() if name not in KEEPS_ALL] \
            if word == "all" else [word]
    for name in names:
        preload_of(name)  # complains of a stranger
    if not names:
        raise ProgramsError("no allocator: nothing is built: run make")
    return list(dict.fromkeys(names))


def _found(names: Iterable[str]) -> list[str]:
    """Those that are there."""
    found = []
    for name in names:
        try:
            preload_of(name)
            found.append(name)
        except run.RunError:
            pass
    return found


def _completes(work: Callable[[], None]) -> bool:
    """Or is it interrupted?"""
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
         rows: Sequence[Result] | Sequence[Figure], kind: type,
         complete: bool) -> int:
    """Write the files; the exit status."""
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
    parser = argparse.ArgumentParser(
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
                        help="runs at a time, of test (one a core)")
    parser.add_argument("--rounds", type=int, default=5,
                        help="of bench (5)")
    parser.add_argument("--json", metavar="FILE", help="write the figures too")
    parser.add_argument("--csv", metavar="FILE", help="the same, as CSV")
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
    names = allocator_list(options.allocator, _found([*RIVALS, *SENSIBLE]))
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
