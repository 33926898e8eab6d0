"""Assignments: what an instructor asks for, in one file of JSON.

docs/judge.md has the keys. mdriver says what is wrong in a file; what it takes
is read here.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import BUILD, ROOT

MDRIVER = BUILD / "mdriver"
PROFILES = ROOT / "driver/measure/profiles.json"


class AssignmentError(Exception):
    """What is wrong, and where: `path:line: sentence` or `path: sentence`."""


@dataclass
class Assignment:
    name: str
    lab: str
    alignment: int
    traces: dict[str, int]  # the name of a file of traces/, and its weight
    points: str | dict[str, Any]  # the name of a profile, or a profile
    limits: dict[str, Any]
    allowed: list[str] | None  # None: any function
    secret: dict[str, str]  # of twins: their seed, and which set counts

    @property
    def heap_limit(self) -> str:
        return self.limits.get("heap_limit", "1G")

    @property
    def time_limit(self) -> float:
        return self.limits.get("time_limit", 20)

    @property
    def measure(self) -> str:
        return self.profile.get("measure", "time")

    @property
    def budget(self) -> float | None:
        """Seconds for the whole run of a hand-in; None: no limit."""
        return self.limits.get("budget")

    @property
    def counts(self) -> str:
        return self.secret.get("counts", "both")

    @property
    def profile(self) -> dict[str, Any]:
        return _profiles()[self.points] if isinstance(self.points, str) \
            else self.points


def read(path: str | Path, mdriver: Path = MDRIVER) -> Assignment:
    """The assignment; raises AssignmentError. mdriver has to be built."""
    _check(mdriver, str(path))
    members = json.loads(Path(path).read_bytes())
    # Half a surrogate pair becomes the replacement character, as for mdriver.
    members["name"] = members["name"].encode(
        "utf-16", "surrogatepass").decode("utf-16", "replace")
    return Assignment(**{"limits": {}, "allowed": None, "secret": {},
                         **members})


def _profiles() -> dict[str, Any]:
    return json.loads(PROFILES.read_text())


def _check(mdriver: Path, path: str) -> None:
    ended = subprocess.run(
        [mdriver, f"--check-assignment={path}"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="surrogateescape")
    if ended.returncode != 0:
        raise AssignmentError(ended.stderr.strip() or
                              f"{path}: mdriver could not check it")
