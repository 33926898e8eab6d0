"""Which files a hand-in is made of."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from .labs import strip_comments

CPP_ENDINGS = {".cc", ".cpp", ".cxx", ".c++", ".C", ".hpp"}
CPP_TEXT = re.compile(
    r"^[ \t]*(?:#\s*include\s*<(?:iostream|vector|new|memory|algorithm|cstd\w+)>|"
    r"using\s+namespace\b|namespace\s+\w*\s*\{|template\s*<|"
    r"class\s+\w+\s*[{:]).*", re.M)
# What courses hand out beside mm.c.
COURSE = {"mdriver.c", "memlib.c", "fsecs.c", "fcyc.c", "clock.c", "ftimer.c",
          "config.c", "stree.c"}
PART_OF_MM = re.compile(r"\b(?:mm_)?(?:malloc|init|free|realloc)"
                        r"\s*\([^;{}()]*\)\s*\{")


class HandinError(Exception):
    """Why it cannot be built, in a sentence."""


@dataclass(frozen=True)
class Handin:
    given: str  # as the user named it
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
        return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def read(path: Path) -> str:
    """The hand-in's text, whatever its encoding."""
    try:
        text = path.read_bytes().decode(errors="surrogateescape")
    except OSError as error:
        raise HandinError(f"{path}: cannot read it: {error.strerror}") \
            from None
    return text.replace("\r\n", "\n")


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
        not re.search(r"\bmain\s*\([^;{}]*\)\s*\{", code)


def _of_folder(folder: Path) -> list[Path]:
    """mm.c, and the C files that it needs; what is another allocator, a
    driver or a test is left out."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise HandinError(f"{folder}: cannot read it: {error.strerror}") \
            from None
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
    return Handin(given[0], tuple(paths), tuple(texts))
