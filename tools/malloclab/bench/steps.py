"""Run build/release/bench/steps, which counts instructions per operation."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .table import BenchError, Failure, program


@dataclass(frozen=True)
class Steps:
    """Instructions per operation, from its entry to its return."""

    operations: int
    stepped: int
    median: int
    p99: int
    p999: int
    max: int
    total: int
    mean: float
    error: float  # of the mean, where only a sample was stepped
    worst_line: int
    worst: str
    moved: int  # most bytes that one operation copied or set
    mover_line: int = 0
    mover: str = ""


def measure(build: Path, library: Path, trace: Path, ops: int | None = None,
            sample: int | None = None) -> Steps:
    """Step a trace's first operations, or a sample of them."""
    command = [str(program(build, "bench/steps"))]
    if ops:
        command.append(f"--ops={ops}")
    if sample:
        command.append(f"--sample={sample}")
    ended = subprocess.run([*command, str(library), str(trace)], text=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
    sentence = ended.stderr.strip().removeprefix("steps: ")
    if ended.returncode == 1:
        raise Failure(sentence)
    if ended.returncode != 0:
        raise BenchError(sentence or f"steps: status {ended.returncode}")
    return Steps(**json.loads(ended.stdout))
