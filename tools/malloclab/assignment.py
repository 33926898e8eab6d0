"""Assignments: what an instructor asks for, in one file of JSON.

docs/judge.md has the keys. driver/assignment.c reads the same files; what
the one refuses, the other refuses with the same sentence, but for text that is
no JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Sequence

from . import ROOT

PROFILES = ROOT / "driver/measure/profiles.json"

MOST_BYTES = 1 << 20
MOST_TRACES = 1000
MOST_ALLOWED = 256
MOST_POINTS = 1e15

NEEDED = ("name", "lab", "alignment", "traces", "points")
KEYS = (*NEEDED, "limits", "allowed", "secret")
LIMITS = ("heap_limit", "time_limit", "budget")
SECRET = ("seed", "counts")
SETS = ("both", "public", "secret")
PROFILE = ("utilization_weight", "utilization", "throughput", "reference",
           "average", "measure", "widest")
LABS = ("csapp", "cmu", "house")
WORDS = {"reference": ("libc", "absolute"),
         "average": ("pooled", "harmonic", "geometric"),
         "measure": ("time", "instructions")}


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


def read(path: str | Path) -> Assignment:
    """The assignment; raises AssignmentError."""
    checker = _Checker(str(path))
    members = checker.members()
    return Assignment(**{"limits": {}, "allowed": None, "secret": {},
                         **members})


def nearest(word: str, names: Sequence[str]) -> str:
    """As driver/base/nearest.h has it."""
    return min(names, key=lambda name: _distance(word.encode(), name.encode()))


def _distance(word: bytes, name: bytes) -> int:
    row = list(range(len(name) + 1))
    for letter in word[:63]:
        diagonal, row[0] = row[0], row[0] + 1
        for k, other in enumerate(name):
            changed = diagonal + (letter != other)
            diagonal = row[k + 1]
            row[k + 1] = min(row[k] + 1, row[k + 1] + 1, changed)
    return row[-1]


def _profiles() -> dict[str, Any]:
    return json.loads(PROFILES.read_text())


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) <= longest \
        and not re.search(r"[\0-\x1f\x7f]", value)


def _is_size(text: str) -> bool:
    match = re.fullmatch(r"([0-9]+)([KMG]?)", text.upper(), re.ASCII)
    if not match:
        return False
    size = int(match[1]) << 10 * " KMG".index(match[2] or " ")
    return 1 << 16 <= size <= 1 << 46


def _is_trace_name(name: str) -> bool:
    return len(name) <= 100 and bool(re.fullmatch(
        r"(?!\.)[A-Za-z0-9_.+-]+\.(rep|rep\.gz|rep\.zst|repb)", name))


def _whole(value: Any) -> Any:
    """Half a surrogate pair becomes the replacement character, as in C."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16",
                                                              "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) \
        else value


class _Checker:
    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, sentence: str, line: int = 0) -> NoReturn:
        where = f"{self.path}:{line}" if line else self.path
        raise AssignmentError(f"{where}: {sentence}")

    # ---- The file. ----

    def data(self) -> bytes:
        try:
            with open(self.path, "rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            self.fail(f"cannot read it: {error.strerror}")
        if len(data) > MOST_BYTES:
            self.fail(f"it has more than {MOST_BYTES} bytes")
        return data

    def object(self) -> dict[str, Any]:
        data = self.data()
        try:
            root = json.loads(data.decode())
        except json.JSONDecodeError as error:
            self.fail(error.msg, error.lineno)
        except UnicodeDecodeError as error:
            self.fail("invalid utf-8 string",
                      1 + data[:error.start].count(b"\n"))
        except (RecursionError, ValueError) as error:
            self.fail(str(error), 1)
        if not isinstance(root, dict):
            self.fail("expected an object with an assignment", 1)
        return _whole(root)

    def members(self) -> dict[str, Any]:
        root = self.object()
        self.check_keys(root, "an assignment", KEYS)
        for key in KEYS:
            if key in root:
                getattr(self, f"check_{key}")(root[key])
            elif key in NEEDED:
                self.fail(f'it has no "{key}"')
        return root

    def check_keys(self, value: dict[str, Any], what: str,
                   known: Sequence[str]) -> None:
        for key in value:
            if key not in known:
                self.fail(f'"{key}" is no key of {what}; the nearest is '
                          f'"{nearest(key, known)}"')

    # ---- Members. ----

    def check_name(self, value: Any) -> None:
        if not _is_text(value, 60):
            self.fail('"name" has to be a text of 1 to 60 bytes')

    def check_lab(self, value: Any) -> None:
        if not _is_text(value, 31):
            self.fail('"lab" has to be "csapp", "cmu" or "house"')
        if value not in LABS:
            self.fail(f'"lab" cannot be "{value}"; the nearest is '
                      f'"{nearest(value, LABS)}"')

    def check_alignment(self, value: Any) -> None:
        if type(value) is not int or value not in (8, 16):
            self.fail('"alignment" has to be 8 or 16')

    def check_traces(self, value: Any) -> None:
        if not isinstance(value, dict) or not 1 <= len(value) <= MOST_TRACES:
            self.fail('"traces" has to be an object with the weights of 1 to '
                      f"{MOST_TRACES} traces")
        for name, weight in value.items():
            if not _is_trace_name(name):
                self.fail(f'"traces": "{name}" is no name of a trace file')
            if type(weight) is not int or weight not in range(4):
                self.fail(f'"traces": the weight of "{name}" has to be 0, 1, '
                          "2 or 3")

    def check_points(self, value: Any) -> None:
        if isinstance(value, dict):
            self.check_keys(value, '"points"', PROFILE)
            self.check_profile(value)
        elif not _is_text(value, 31):
            self.fail('"points" has to be the name of a profile, or a profile')
        elif value not in _profiles():
            self.fail(f"no profile '{value}'; there are "
                      f"{', '.join(_profiles())}")

    def check_limits(self, value: Any) -> None:
        if not isinstance(value, dict):
            self.fail('"limits" has to be an object')
        self.check_keys(value, '"limits"', LIMITS)
        for key, limit in value.items():
            getattr(self, f"check_{key}")(limit)

    def check_heap_limit(self, value: Any) -> None:
        if not _is_text(value, 31) or not _is_size(value):
            self.fail('"heap_limit" has to be a size from 64K to 65536G, as '
                      "text")

    def check_time_limit(self, value: Any) -> None:
        self.check_seconds("time_limit", value)

    def check_budget(self, value: Any) -> None:
        self.check_seconds("budget", value)

    def check_seconds(self, key: str, value: Any) -> None:
        if not _is_number(value) or not 0 < value <= 1e6:
            self.fail(f'"{key}" has to be a number of seconds above 0 and up '
                      "to 1000000")

    def check_secret(self, value: Any) -> None:
        if not isinstance(value, dict):
            self.fail('"secret" has to be an object')
        self.check_keys(value, '"secret"', SECRET)
        for key, member in value.items():
            getattr(self, f"check_{key}")(member)

    def check_seed(self, value: Any) -> None:
        if not _is_text(value, 64) or not value.isascii():
            self.fail('"seed" has to be a text of 1 to 64 printable ASCII '
                      "characters")

    def check_counts(self, value: Any) -> None:
        if value not in SETS:
            self.fail('"counts" has to be "public", "secret" or "both"')

    def check_allowed(self, value: Any) -> None:
        if not isinstance(value, list) or len(value) > MOST_ALLOWED:
            self.fail(f'"allowed" has to be a list of at most {MOST_ALLOWED} '
                      "functions")
        for number, name in enumerate(value, 1):
            if not _is_text(name, 63) or not re.fullmatch(
                    r"[A-Za-z_][A-Za-z0-9_]*", name):
                self.fail(f'"allowed": number {number} is no name of a '
                          "function")

    # ---- A profile, as driver/measure/score.c has it. ----

    def check_profile(self, value: dict[str, Any]) -> None:
        weight = value.get("utilization_weight")
        if not _is_number(weight):
            self.needs("utilization_weight", "a number")
        if not 0 <= weight <= 1:
            self.fail("profile 'points': \"utilization_weight\" has to be "
                      "within 0 and 1")
        for key in "utilization", "throughput":
            self.check_range(key, value.get(key))
        for key, words in WORDS.items():
            if key == "measure" and key not in value:
                continue
            if not isinstance(value.get(key), str):
                self.needs(key, "a string")
            if value[key] not in words:
                self.fail(f"profile 'points': \"{key}\" cannot be "
                          f'"{value[key]}"')

        if "widest" in value:
            self.check_widest(value["widest"])

    def check_widest(self, value: Any) -> None:
        if not _is_number(value):
            self.needs("widest", "a number")
        if not 0 < value <= 1:
            self.fail("profile 'points': \"widest\" has to be above 0 and up "
                      "to 1")

    def needs(self, key: str, what: str) -> NoReturn:
        self.fail(f"profile 'points' needs \"{key}\", {what}")

    def check_range(self, key: str, value: Any) -> None:
        if not isinstance(value, list) or len(value) != 2 \
                or not all(map(_is_number, value)):
            self.needs(key, "two numbers, low and high")
        low, high = value
        if not low < high:
            self.fail(f"profile 'points': \"{key}\" has to rise from low to "
                      "high")
        if not (low >= 0 and high <= MOST_POINTS):
            self.fail(f"profile 'points': \"{key}\" has to be within 0 and "
                      f"{MOST_POINTS:g}")
