"""Versions of an allocator: a C file as it is, as it was in a revision of git,
or with other values of its constants."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

from . import BUILD, handin
from .handin import HandinError
from .handin.labs import strip_comments

FOLDER = BUILD / "handin"
HEADER = ".h"


class VersionError(Exception):
    """Why there is no such version: `path: sentence`, `path:line: sentence`."""


@dataclass(frozen=True)
class Built:
    library: Path
    align: int  # of payloads, in bytes


# ---- Files. ----


def is_source(given: str) -> bool:
    """Does it name a C file, now or as it was?"""
    return _split(given)[0].endswith(".c")


def fetch(given: str, place: Path) -> Path:
    """FILE or FILE@REVISION, copied into an empty folder with the headers that
    lie beside it, which are of the same revision."""
    path, revision = _split(given)
    return _of_git(Path(path), revision, place) if revision \
        else _copy(Path(path), place)


def _split(given: str) -> tuple[str, str]:
    path, _, revision = given.rpartition("@")
    if not revision or not path.endswith(".c") or Path(given).exists():
        return given, ""
    return path, revision


def _copy(path: Path, place: Path) -> Path:
    try:
        shutil.copy(path, place / path.name)
        for header in path.absolute().parent.glob(f"*{HEADER}"):
            shutil.copy(header, place / header.name)
    except OSError as error:
        raise VersionError(f"{error.filename}: {error.strerror}") from None
    return place / path.name


def _of_git(path: Path, revision: str, place: Path) -> Path:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise VersionError(f"{path}: there is no folder of that name")
    _git(folder, path, "rev-parse", "--git-dir")
    try:
        _git(folder, path, "rev-parse", "--verify", f"{revision}^{{tree}}")
    except VersionError:
        raise VersionError(f"{path}: there is no revision {revision}") \
            from None
    names = _git(folder, path, "ls-tree", "--name-only", revision, "./")
    for name in names.decode().splitlines():
        if name == path.name or name.endswith(HEADER):
            (place / name).write_bytes(
                _git(folder, path, "show", f"{revision}:./{name}"))
    if not (place / path.name).exists():
        raise VersionError(f"{path}: it is not in revision {revision}")
    return place / path.name


def _git(folder: Path, path: Path, *words: str) -> bytes:
    try:
        ended = subprocess.run(["git", "-C", str(folder), *words],
                               stdin=subprocess.DEVNULL, capture_output=True)
    except FileNotFoundError:
        raise VersionError("git: not installed") from None
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace").splitlines() or ["-"]
        raise VersionError(f"{path}: {said[0].removeprefix('fatal: ')}")
    return ended.stdout


# ---- Constants. ----


def _places(code: str, name: str) -> list[re.Match[str]]:
    """Where the constant gets its value, the group 1: a macro without
    parameters, an enumerator, or a const."""
    word = re.escape(name)
    patterns = (rf"^[ \t]*#[ \t]*define[ \t]+{word}[ \t]+([^\n]*[^\s])",
                rf"[{{,]\s*{word}\s*=\s*([^,}}]*[^,}}\s])",
                rf"\bconst\b[^;={{}}]*\b{word}\s*=\s*([^;]*[^;\s])")
    return [found for pattern in patterns
            for found in re.finditer(pattern, code, re.M)]


def _blanked(text: str) -> str:
    """The text with blanks for comments: each letter stays at its place."""
    return strip_comments(text, lambda comment: re.sub(r"[^\n]", " ", comment))


def value_of(text: str, name: str, path: str) -> tuple[int, int]:
    """From where to where the text has the constant's value."""
    found = _places(_blanked(text), name)
    if not found:
        raise VersionError(f"{path}: it has no constant {name}: no #define, "
                           "enumerator or const of that name gets a value")
    if len(found) > 1:
        lines = " and ".join(str(_line(text, one.start(1))) for one in found)
        raise VersionError(f"{path}: {name} gets a value in lines {lines}")
    return found[0].span(1)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def with_constants(text: str, constants: Mapping[str, str], path: str) -> str:
    """The text with these values of its constants."""
    for name, value in constants.items():
        begin, end = value_of(text, name, path)
        text = f"{text[:begin]}{value}{text[end:]}"
    return text


# ---- Building. ----


def build(path: Path, given: str, folder: Path = FOLDER) -> Built:
    """Compile it into the folder as tools/handin does; given is the user's name
    for it."""
    try:
        found = handin.gather([str(path)])
        lab, _ = handin.recognize(found.text)
        return Built(handin.build(found, lab, folder), lab.align)
    except HandinError as error:
        said = f"{error.said}{error}".replace(str(path), given)
        raise VersionError(said) from None
