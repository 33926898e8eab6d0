"""A program under an allocator: run, judged by its end, measured."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence
from urllib.parse import quote

from .. import run
from .children import CHILDREN, run_all
from .results import Row
from .suite import Program, prepare_scripts

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
    """A sentence that says why it cannot be done."""


@dataclass
class Result(Row):
    """The result of one run."""

    elapsed: float = 0.0  # seconds
    cpu: float = 0.0      # seconds of its processes, user and system
    rss: int = 0          # KiB at the peak of its largest process


# ---- One run. ----


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
    preload = run.environment(preload_of(allocator))["LD_PRELOAD"]
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
    is linked statically would run instead, for ever maybe. That may run with
    libc, which the others are compared with."""
    if allocator == "libc":
        return ""
    preload = preload_of(allocator)
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


# ---- All runs. ----


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
