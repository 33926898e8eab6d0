"""tools/soak: allocators under many threads, for a given time."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Sequence

from . import handin, run
from .arguments import Parser
from .columns import add_markdown, layout
from .terminal import show_progress

SOAK = run.BUILD / "soak"
HMM = run.BUILD / "lib/libhmm.so.1"

EPILOG = """\
ALLOCATOR is a library whose own functions are called (pool, osmem, ...), hmm,
or whatever tools/run takes: then it is the malloc of the soak. Without any:
mm, hmm and all libraries.

Each runs in a process of its own. Threads allocate, resize, free and hand
blocks to each other. They check the contents of blocks as they go, and at the
end all blocks must have been freed. Meanwhile the process forks, and the child
allocates; and signals come whose handlers allocate, where the allocator is one
of the lab's, which promise that. Exit status: 0, 1 where something is wrong,
2 where an allocator is not found, 130 after Ctrl-C, which ends all of them and
reports what was done until then.
"""

REPORT = re.compile(
    r"(?P<api>\S+): (?P<operations>\d+) operations in (?P<seconds>[\d.]+) s "
    r".*? (?P<allocated>\d+) allocated, (?P<freed>\d+) freed, .*?"
    r"(?P<handed>\d+) handed over.*?; peak (?P<peak>[\d.]+) MiB, "
    r".*?; (?P<checks>\d+) checks, 0 wrong\n")

HEAD = ("allocator", "as", "operations", "seconds", "allocated", "freed",
        "handed over", "peak MiB", "checks", "outcome")


@dataclass
class Subject:
    """The subject of one soak."""

    name: str
    api: str  # whose functions
    preload: str  # "" where it is linked, or libc
    serves_handlers: bool = False  # of signals, which may interrupt it


def libraries() -> list[str]:
    """The libraries whose own functions the soak can call."""
    names = subprocess.run([str(SOAK), "--api", "list"], text=True,
                           stdout=subprocess.PIPE, check=True).stdout.split()
    return [name for name in names if name != "malloc"]


def subject(name: str, linked: Sequence[str]) -> Subject:
    if name in linked:
        return Subject(name, name, "")
    if name == "hmm":
        return Subject(name, "malloc", run.preload_of(str(HMM)))
    return Subject(name, "malloc", run.preload_of(name),
                   name in run.names() or name.endswith(".c"))


def default_names(linked: Sequence[str]) -> list[str]:
    return ["mm", "hmm", *linked]


def outcome(status: int, text: str) -> str:
    """The outcome in one word, or the fault that the soak printed."""
    for line in text.splitlines():
        if "wrong: " in line:
            return line.split("wrong: ", 1)[1]
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    if status not in (0, 130) or not REPORT.search(text):
        return f"exit status {status}"
    return "0 wrong" if status == 0 else "0 wrong (interrupted)"


def row(which: Subject, status: int, text: str) -> tuple[str, ...]:
    """The subject's row of the table."""
    found = REPORT.search(text)
    keys = ("operations", "seconds", "allocated", "freed", "handed", "peak",
            "checks")
    figures = [found[key] if found else "" for key in keys]
    how = which.api if not which.preload or which.api != "malloc" \
        else "malloc"
    return (which.name, how, *figures, outcome(status, text))


def _start(which: Subject, words: Sequence[str]) -> subprocess.Popen[str]:
    signals = [] if which.serves_handlers else ["--signals=0"]
    return subprocess.Popen(
        [str(SOAK), "--api", which.api, *words, *signals], text=True,
        env=run.environment(which.preload), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)


def soak(subjects: Sequence[Subject], words: Sequence[str], jobs: int
         ) -> tuple[list[tuple[str, ...]], bool]:
    """Rows in the order of the subjects, and whether it was interrupted."""
    waiting, running, rows = list(enumerate(subjects)), {}, {}
    interrupted, start = False, time.monotonic()
    while running or (waiting and not interrupted):
        try:
            while waiting and len(running) < jobs and not interrupted:
                i, which = waiting.pop(0)
                running[i] = _start(which, words)
            for i in [i for i, p in running.items() if p.poll() is not None]:
                process = running.pop(i)
                rows[i] = row(subjects[i], process.returncode,
                              process.communicate()[0])
            names = " ".join(subjects[i].name for i in running)
            show_progress(f"{time.monotonic() - start:.0f} s: {names}")
            time.sleep(0.1)
        except KeyboardInterrupt:
            interrupted = True
            for process in running.values():
                process.send_signal(signal.SIGINT)
    show_progress("")
    return [rows[i] for i in sorted(rows)], interrupted


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/soak", usage="%(prog)s [options] [ALLOCATOR...]",
        description="Use allocators from many threads for a long time.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("allocators", nargs="*", metavar="ALLOCATOR",
                        help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=600.0,
                        help="how long each is soaked (600)")
    parser.add_argument("--threads", type=int, default=8,
                        help="how many threads use it (8)")
    parser.add_argument("--seed", type=int, default=1,
                        help="of the random requests (1)")
    parser.add_argument("--live", type=int, default=64, metavar="MIB",
                        help="most memory that is in use at a time (64)")
    add_markdown(parser)
    parser.add_argument("--signals", type=float, default=200.0, metavar="N",
                        help="so many in a second (200)")
    parser.add_argument("--forks", type=float, default=5.0, metavar="N",
                        help="so many in a second (5)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                        help="how many are soaked at once (one per processor)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        run.build(SOAK, HMM)
        linked = libraries()
        subjects = [subject(name, linked)
                    for name in options.allocators or default_names(linked)]
    except (run.RunError, handin.HandinError) as error:
        print(f"tools/soak: {error}", file=sys.stderr)
        return 2
    words = [f"--{key}={getattr(options, key)}"
             for key in ("seconds", "threads", "seed", "live", "signals",
                         "forks")]
    rows, interrupted = soak(subjects, words, max(options.jobs, 1))
    print(layout([HEAD, *rows], {0, 1, len(HEAD) - 1}))
    if interrupted:
        return 130
    return 0 if all(cells[-1] == "0 wrong" for cells in rows) else 1
