"""The sources of one hand-in: found in a folder, and copied from it.

Only regular files are opened: what is a link, a FIFO or a device when it is
opened is left out, so that no link leads to somebody else's file.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import Iterator

from .. import output
from . import archives
from .archives import BadArchive, printable

SUFFIXES = {".c", ".h", ".inc", ".def", ".cc", ".cpp", ".cxx", ".C", ".hpp"}
MOST_BYTES = 8 << 20  # of one hand-in's sources
TOO_MUCH = f"its C files have more than {MOST_BYTES >> 20} MiB"
MOST_FILES = 500
DEEPEST = 8
IGNORED = re.compile(r"\.|__MACOSX$|Thumbs\.db$|desktop\.ini$")


class Refused(Exception):
    """Why there is nothing to judge, in a sentence. It costs its student the
    points, and nobody else."""


def is_folder(path: Path) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


def is_file(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir()
                  if not IGNORED.match(path.name))


def _walk(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Regular files, the shallow ones first."""
    inside = entries(folder)
    yield from (path for path in inside if is_file(path))
    if depth < DEEPEST:
        for path in inside:
            if is_folder(path):
                yield from _walk(path, depth + 1)


def find(folder: Path) -> Path:
    """The folder with mm.c, or the only C file there; raises Refused."""
    files = list(_walk(folder))
    found = [path for path in files if path.name == "mm.c"]
    depth = min((len(path.parts) for path in found), default=0)
    found = [path for path in found if len(path.parts) == depth]
    if not found:
        found = [path for path in files if path.suffix == ".c"]
    if not found:
        raise Refused(_nothing(folder))
    if len(found) > 1:
        names = ", ".join(printable(str(path.relative_to(folder)))
                          for path in found[:3])
        raise Refused(f"which file is it? There are {len(found)}: {names}")
    return found[0].parent if found[0].name == "mm.c" else found[0]


def _nothing(folder: Path) -> str:
    """What is there in place of mm.c."""
    for path in entries(folder):
        if path.name == "mm.c" and not is_folder(path):
            return "mm.c is a link or a device, which is not opened"
    return "there is no mm.c, nor one C file"


def unpacked(path: Path, scratch: Path) -> tuple[Path, list[str]]:
    """A student's archive as a folder, and notes; raises Refused."""
    try:
        return scratch, archives.unpack(path, scratch, archives.A_STUDENT)
    except BadArchive as bad:
        raise Refused(f"{printable(path.name)}: {bad}") from None


def only_archive(folder: Path) -> Path | None:
    """The archive in a folder that has nothing else to judge."""
    files = list(_walk(folder))
    packed = [path for path in files if archives.stem(path.name)]
    has_c = any(path.suffix == ".c" for path in files)
    return packed[0] if len(packed) == 1 and not has_c else None


def copy(source: Path, target: Path) -> list[str]:
    """Copy a file, as mm.c, or a folder's sources into a new folder. Returns
    their names."""
    target.mkdir(parents=True)
    if not is_folder(source):
        _copy_file(source, target / "mm.c", MOST_BYTES)
        return ["mm.c"]
    names, left = [], MOST_BYTES
    for path in _walk(source):
        if path.suffix not in SUFFIXES:
            continue
        name = path.relative_to(source)
        if len(names) == MOST_FILES:
            raise Refused(f"there are more than {MOST_FILES} C files")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        left -= _copy_file(path, target / name, left)
        names.append(printable(str(name)))
    return sorted(names)


def join(files: dict[str, Path], folder: Path) -> None:
    """Copy the files of a student, by their names there, into a new folder."""
    folder.mkdir(parents=True)
    left = archives.A_STUDENT.size
    for name, path in files.items():
        left -= _copy_file(path, folder / name, left, "its files have more "
                           f"than {archives.A_STUDENT.size >> 20} MiB")


def _copy_file(source: Path, target: Path, most: int,
               too_much: str = TOO_MUCH) -> int:
    """The number of bytes."""
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{printable(source.name)}: cannot be read: "
                      f"{error.strerror}") from None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Refused(f"{printable(source.name)}: no regular file")
        data = file.read(most + 1)
    if len(data) > most:
        raise Refused(too_much)
    with output.named(str(target)):
        target.write_bytes(data)
    return len(data)


def replace(new: Path, old: Path) -> None:
    """The folder new takes the place of old."""
    if old.exists():
        shutil.rmtree(old)
    new.rename(old)
