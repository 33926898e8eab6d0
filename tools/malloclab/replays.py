"""mdriver, run for what it writes of replays: results, timelines, events.

Everything that draws or exports reads replays here: it names traces and
allocators, and mdriver is run, with its progress and its complaints on standard
error. numpy is needed (packages.demand).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any, Sequence

from . import BUILD
from . import results as figures
from .tables import (ReplayError as ReplayError, Table as Table,
                     read_tables as read_tables)


class Refused(ReplayError):
    """mdriver could not judge, and has said why on standard error."""


def results(traces: Sequence[str], allocators: Sequence[str],
            *options: str, build: Path = BUILD) -> dict[str, Any]:
    """The JSON object of one run; a bad verdict in it is no error."""
    return parsed(_run("--json", traces, allocators, options, build),
                  "mdriver --json")


def parsed(text: str, path: str | Path) -> dict[str, Any]:
    """The JSON object that is written there."""
    try:
        return figures.parse(text, path)
    except figures.ResultsError as error:
        raise ReplayError(str(error)) from None


def timelines(traces: Sequence[str], allocators: Sequence[str],
              *options: str, build: Path = BUILD) -> list[Table]:
    return _tables("--timeline", traces, allocators, options, build)


def events(traces: Sequence[str], allocators: Sequence[str],
           *options: str, build: Path = BUILD) -> list[Table]:
    return _tables("--events", traces, allocators, options, build)


def _tables(option: str, traces: Sequence[str], allocators: Sequence[str],
            options: Sequence[str], build: Path) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        path = Path(folder) / "tables.csv"
        _run(option, traces, allocators, ["--no-timing", *options], build,
             path)
        with open(path, encoding="utf-8", newline="") as file:
            return list(read_tables(file))


def _run(option: str, traces: Sequence[str], allocators: Sequence[str],
         options: Sequence[str], build: Path, path: Path | None = None) -> str:
    driver = build / "mdriver"
    if not driver.exists():
        raise ReplayError(f"{driver} is not there: run make")
    command = [str(driver), "--allocator", ",".join(allocators), *options,
               option, str(path or "-")]
    for trace in traces:
        command += ["-f", trace]
    ended = subprocess.run(command, text=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE)
    if ended.returncode == 2:
        raise Refused("mdriver ended with 2")
    if ended.returncode not in (0, 1):
        raise ReplayError(f"mdriver ended with {ended.returncode}")
    return ended.stdout
