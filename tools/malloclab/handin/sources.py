"""Which files a hand-in is made of: those that are given, and those that they
include from their own folder."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Sequence

from .labs import strip_comments

CPP_ENDINGS = {".cc", ".cpp", ".cxx", ".c++", ".C", ".hpp"}
CPP_TEXT = re.compile(
    r"^[ \t]*(?:#\s*include\s*<(?:iostream|vector|new|memory|algorithm|cstd\w+)>|"
    r"using\s+namespace\b|namespace(?:\s+\w+)?\s*\{|template\s*<|"
    r"class\s+\w+\s*[{:]).*", re.M)
# What courses hand out beside mm.c.
COURSE = {"mdriver.c", "memlib.c", "fsecs.c", "fcyc.c", "clock.c", "ftimer.c",
          "config.c", "stree.c"}
PART_OF_MM = re.compile(r"\b(?:mm_)?(?:malloc|init|free|realloc)"
                        r"\s*\([^;{}()]*\)\s*\{")


MOST_BYTES = 1 << 20  # of a file
MOST_SOURCES = 100
MOST_NAME = 200
PAGE = 4096
INDENT = "    "
MOST_COPIED = 16 << 20  # of all files
IN_QUOTES = re.compile(r"^[ \t]*#.*", re.M), re.compile(r'["<]([^"<>\n]+)[">]')


def printable(text: str) -> str:
    """A line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


class HandinError(Exception):
    """Why it cannot be built, in a sentence; said is all that the compiler
    printed, each line indented: a name in it can hold a newline, and what
    follows would look like a line of the judge's."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__("\n".join(map(printable, reason.split("\n"))))
        self.said = indent(said, INDENT)


@dataclass(frozen=True)
class Handin:
    given: str  # as the user named it, to be printed
    paths: tuple[Path, ...]  # C files, as the user would name them
    texts: tuple[str, ...]  # of each

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def label(self) -> str:
        """A name for files: the hand-in's, or its folder's for mm.c."""
        first = self.paths[0].absolute()
        name = first.parent.name if first.stem == "mm" and first.parent.name \
            else first.stem
        return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:MOST_NAME]


def read(path: Path) -> str:
    """The hand-in's text, whatever its encoding."""
    return _bytes(path).decode(errors="surrogateescape").replace("\r\n", "\n")


def _bytes(path: Path) -> bytes:
    """What is in the file. A pipe that nobody writes to is not waited for."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(file, "rb") as opened:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise HandinError(f"{path}: it is no file with text")
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise HandinError(f"{path}: cannot read it: {error.strerror}") \
            from None
    if len(data) > MOST_BYTES:
        raise HandinError(f"{path}: it has more than {MOST_BYTES} bytes")
    return data


def _refuse_cpp(path: Path, text: str) -> None:
    if path.suffix in CPP_ENDINGS:
        raise HandinError(f"{path}: this is a C++ file; a hand-in is in C")
    code = strip_comments(text)
    found = CPP_TEXT.search(code)
    if found:
        line = code[:found.start()].count("\n") + 1
        raise HandinError(f"{path}:{line}: this is C++ "
                          f"({found[0].strip()}); a hand-in is in C")


def _is_another(path: Path, included: str) -> bool:
    """Whether a C file beside mm.c is a part of it, that has to be linked."""
    if path.name in COURSE or f'"{path.name}"' in included:
        return False
    code = strip_comments(read(path))
    return not PART_OF_MM.search(code) and \
        not re.search(r"\bmain\s*\([^;{}]{0,400}\)\s*\{", code)


def _of_folder(folder: Path) -> list[Path]:
    """mm.c, and the C files that it needs; what is another allocator, a
    driver or a test is left out."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise HandinError(f"{folder}: cannot read it: {error.strerror}") \
            from None
    if sum(name.endswith(".c") for name in names) > MOST_SOURCES:
        raise HandinError(f"{folder}: it has more than {MOST_SOURCES} C files")
    if "mm.c" not in names:
        for name in names:
            if Path(name).stem == "mm" and Path(name).suffix in CPP_ENDINGS:
                _refuse_cpp(folder / name, "")
        raise HandinError(f"{folder}: there is no mm.c in this folder")
    main = folder / "mm.c"
    included = read(main)
    return [main, *(folder / name for name in names
                    if name.endswith(".c") and name != "mm.c"
                    and _is_another(folder / name, included))]


def gather(given: Sequence[str]) -> Handin:
    """The hand-in that a folder or C files make."""
    paths: list[Path] = []
    for name in given:
        path = Path(name)
        paths += _of_folder(path) if path.is_dir() else [path]
    texts = [read(path) for path in paths]
    for path, text in zip(paths, texts):
        _refuse_cpp(path, text)
    return Handin(printable(given[0]), tuple(paths), tuple(texts))


def check_links(path: Path, folder: Path) -> None:
    """Refuse a link to what is not the hand-in's: another's, the system's."""
    if folder.resolve() not in path.resolve().parents:
        raise HandinError(f"{path}: it is a link that leads out of its folder")


def _named(text: str) -> list[str]:
    """What its directives name in quotes or brackets."""
    lines, names = IN_QUOTES
    return [name for line in lines.findall(strip_comments(text))
            for name in names.findall(line)]


@dataclass
class Copy:
    """The files of a hand-in that lie in one folder, copied: the sources, and
    of the folder's other files those that they include."""

    folder: Path
    place: Path
    hidden: set[str]  # names of headers that are left behind
    is_trusted: bool  # links may lead out of the folder
    copied: int = 0  # bytes on the disk

    def add(self, source: Path) -> None:
        pending = [source.name]
        while pending:
            name = pending.pop()
            if self._add(name):
                pending += self._included(name)

    def _add(self, name: str) -> bool:
        """Whether there is such a file that was not yet copied."""
        path, target = self.folder / name, self.place / name
        if len(name) > MOST_NAME or target.exists() or not path.is_file():
            return False
        if not self.is_trusted:
            check_links(path, self.folder)
        data = _bytes(path)
        self.copied += len(data) + PAGE
        if self.copied > MOST_COPIED:
            raise HandinError(f"{path}: with it, the hand-in has more than "
                              f"{MOST_COPIED} bytes")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return True

    def _included(self, name: str) -> list[str]:
        """Names from the folder: a compiler looks beside a file first."""
        beside = os.path.dirname(name)
        names = [os.path.normpath(os.path.join(start, included))
                 for included in _named(read(self.place / name))
                 for start in (beside, "")]
        return [found for found in names
                if not found.startswith(("/", "..")) and found not in
                self.hidden and "\0" not in found]
