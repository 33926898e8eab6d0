"""What people read: a page for each student, and one for the class."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

from .. import output
from . import class_page, markup, student_page, wording


def write_student(result: dict[str, Any], folder: Path) -> None:
    """index.html in the student's folder, where the map is, if there is one."""
    title = f"{wording.line(result['student'])}: {result['assignment']}"
    _save(folder / "index.html",
          markup.page(title, student_page.body(result, folder)))


def write_class(results: Sequence[dict[str, Any]],
                similar: Sequence[tuple[str, str, float, int]],
                path: str | Path, folders: Mapping[str, str] | None = None
                ) -> None:
    """The students' pages lie in folders beside it: those named, and of others
    the student's name. `similar` is what similar.find() returns."""
    title = f"{results[0]['assignment']}: the class" if results \
        else "The class"
    _save(Path(path), markup.page(
        title, class_page.body(title, results, similar, folders or {}),
        "sort.js"))


def _save(path: Path, page: str) -> None:
    output.save(str(path), page.encode())
