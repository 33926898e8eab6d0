"""Who handed in what: from folders and archives to a list of hand-ins.

A class is a folder, or an archive of one, with an entry a student: a C file, a
folder or an archive. What courses' systems export is such a folder, whose names
say more than the student's:

    Autolab           EMAIL_VERSION_mm.c: the newest version counts
    Gradescope        submission_NUMBER/, and submission_metadata.yml
    Moodle            NAME_NUMBER_assignsubmission_file_/, or with the file's
                      name behind it
    GitHub Classroom  ASSIGNMENT-submissions/ASSIGNMENT-STUDENT/

What is broken in one hand-in is its own: it is refused, and the others go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator

from . import GradeError, archives, sources
from .archives import BadArchive, printable
from .plan import FOLDER
from .sources import Refused

AUTOLAB = re.compile(r"(?P<student>[^/]+@[^/_]+)_(?P<version>\d+)_(?P<file>.+)")
ANNOTATED = re.compile(r"annotated_.+@.+_\d+_")  # Autolab's, with comments
GRADESCOPE = re.compile(r"submission_\d+")
GRADESCOPE_CLASS = re.compile(r"assignment_\d+_export")
METADATA = "submission_metadata.yml"
MOODLE = re.compile(r"(?P<student>.+_\d+)_assignsubmission_file"
                    r"(_(?P<file>(?!\.\.?$).*))?")
MOODLE_OTHER = re.compile(r".+_\d+_assignsubmission_(?!file).*")
CLASSROOM = "-submissions"


@dataclass
class Handin:
    student: str
    source: str  # as the instructor knows it
    path: Path | None  # a C file, or the folder with mm.c
    refused: str = ""  # why there is none, in a sentence
    notes: list[str] = field(default_factory=list)


@dataclass
class _Entry:
    """What a class has of one student."""

    student: str
    path: Path
    source: str
    version: int = 0
    files: dict[str, Path] = field(default_factory=dict)  # Moodle's, by name


def collect(given: list[str], scratch: Path, note: Callable[[str], None]
            ) -> list[Handin]:
    """The hand-ins, by student. Archives are unpacked into scratch, which has
    to last as long as they. Raises GradeError."""
    collecting = _Collecting(scratch, note)
    handins: dict[str, Handin] = {}
    for name in given:
        for handin in collecting.of(Path(name)):
            first = handins.setdefault(handin.student, handin)
            if first is not handin:
                raise GradeError(f"{handin.source}: a hand-in of "
                                 f"{handin.student} is there already: "
                                 f"{first.source}")
    if not handins:
        raise GradeError(f"{given[0]}: there is no hand-in here")
    return [handins[student] for student in sorted(handins)]


@dataclass
class _Collecting:
    scratch: Path
    note: Callable[[str], None]
    count: int = 0
    gradescope: dict[Path, dict[str, str]] = field(default_factory=dict)

    def place(self) -> Path:
        """A folder for one archive."""
        self.count += 1
        return self.scratch / str(self.count)

    def of(self, given: Path) -> Iterator[Handin]:
        """The hand-ins of one argument."""
        try:
            if given.is_dir():
                yield from self.of_folder(given.resolve(), str(given),
                                          given.resolve().name)
            elif not given.is_file():
                given.stat()
                raise GradeError(f"{given}: neither a file nor a folder")
            elif archives.stem(given.name):
                yield from self.of_archive(given)
            elif given.suffix == ".c":
                yield self.alone(given)
            else:
                raise GradeError(f"{given}: neither a folder, a C file nor an "
                                 f"archive ({', '.join(archives.ENDINGS)})")
        except PermissionError as error:
            raise GradeError(f"{error.filename}: {error.strerror}") from None
        except FileNotFoundError as error:
            if error.filename != str(given):
                raise
            raise GradeError(f"{given}: {error.strerror}") from None

    def alone(self, given: Path) -> Handin:
        path = given.resolve()
        name = path.parent.name if path.stem == "mm" else path.stem
        return Handin(printable(name), str(given), path)

    def of_archive(self, given: Path) -> Iterator[Handin]:
        place = self.place()
        try:
            notes = archives.unpack(given, place, archives.A_CLASS)
        except BadArchive as bad:
            raise GradeError(f"{given}: {bad}") from None
        for note in notes:
            self.note(f"{given}: {note}")
        inside = sources.entries(place)
        while len(inside) == 1 and sources.is_folder(inside[0]) \
                and not self.is_class(place):
            place = inside[0]
            inside = sources.entries(place)
        name = archives.stem(given.name) if (place / "mm.c").exists() \
            else place.name
        yield from self.of_folder(place, str(given), name or "")

    def of_folder(self, folder: Path, source: str, name: str
                  ) -> Iterator[Handin]:
        inside = sources.entries(folder)
        if (folder / "mm.c").exists():
            yield Handin(printable(name), source, folder)
            return
        if len(inside) == 1 and GRADESCOPE_CLASS.fullmatch(inside[0].name):
            yield from self.of_folder(inside[0], f"{source}/{inside[0].name}",
                                      inside[0].name)
            return
        entries = [entry for path in inside
                   for entry in self.entry(path, folder, source, name)]
        for entry in self.newest(self.joined(entries)):
            yield self.handin(entry)

    def is_class(self, folder: Path) -> bool:
        names = [path.name for path in sources.entries(folder)]
        return folder.name.endswith(CLASSROOM) or any(
            GRADESCOPE.fullmatch(name) or MOODLE.fullmatch(name)
            for name in names)

    # ---- The entries of a class. ----

    def entry(self, path: Path, folder: Path, source: str, name: str
              ) -> Iterator[_Entry]:
        where = f"{source}/{printable(path.name)}"
        if path.name == METADATA:
            return
        if (path / FOLDER / "lock").is_file():
            self.note(f"{where}: results of tools/grade; left out")
            return
        if MOODLE_OTHER.fullmatch(path.name) or ANNOTATED.match(path.name) or \
                not (is_handin(path) or MOODLE.fullmatch(path.name)):
            self.note(f"{where}: no hand-in; left out")
            return
        autolab = AUTOLAB.fullmatch(path.name)
        if autolab:
            yield _Entry(printable(autolab["student"]), path, where,
                         int(autolab["version"]))
            return
        yield _Entry(printable(self.student(path, folder, name)), path, where)

    def student(self, path: Path, folder: Path, name: str) -> str:
        moodle = MOODLE.fullmatch(path.name)
        if moodle:
            return moodle["student"]
        if GRADESCOPE.fullmatch(path.name):
            return self.submitters(folder).get(path.name, path.name)
        prefix = name.removesuffix(CLASSROOM) + "-"
        if name.endswith(CLASSROOM) and path.name.startswith(prefix):
            return path.name.removeprefix(prefix)
        if sources.is_folder(path):
            return path.name
        return archives.stem(path.name) or path.stem

    def joined(self, entries: list[_Entry]) -> list[_Entry]:
        """Moodle's flat download has an entry for each file: the first of a
        student gets the others."""
        first: dict[str, _Entry] = {}
        found = []
        for entry in entries:
            moodle = MOODLE.fullmatch(entry.path.name)
            if moodle and moodle["file"]:
                known = first.setdefault(entry.student, entry)
                known.files[moodle["file"]] = entry.path
                if known is not entry:
                    continue
            found.append(entry)
        return found

    def newest(self, entries: list[_Entry]) -> list[_Entry]:
        """Of each student's versions the newest."""
        best: dict[str, _Entry] = {}
        for entry in entries:
            known = best.get(entry.student)
            if not known or not entry.version:
                best[entry.student] = entry
            elif entry.version > known.version:
                best[entry.student] = entry
                self.note(f"{known.source}: superseded by version "
                          f"{entry.version}")
            else:
                self.note(f"{entry.source}: superseded by version "
                          f"{known.version}")
        versioned = set(map(id, best.values()))
        return [entry for entry in entries
                if id(entry) in versioned or not entry.version]

    def submitters(self, folder: Path) -> dict[str, str]:
        """Gradescope's names of submissions, and who made them."""
        path = folder / METADATA
        if not path.exists() or not sources.is_file(path):
            return {}
        if folder not in self.gradescope:
            self.gradescope[folder] = read_submitters(path)
        return self.gradescope[folder]

    # ---- One hand-in. ----

    def handin(self, entry: _Entry) -> Handin:
        handin = Handin(entry.student, entry.source, None)
        try:
            handin.path, handin.notes = self.located(entry)
        except Refused as refused:
            handin.refused = str(refused)
        except PermissionError as error:
            handin.refused = f"cannot be read: {error.strerror}"
        return handin

    def located(self, entry: _Entry) -> tuple[Path, list[str]]:
        path = entry.path
        if len(entry.files) > 1 or not is_handin(path):
            path = self.place()
            sources.join(entry.files, path)
        if path.is_symlink():
            raise Refused("it is a symbolic link, which is not followed")
        if sources.is_folder(path):
            packed = sources.only_archive(path)
            if not packed:
                return sources.find(path), []
            path = packed
        if archives.stem(path.name):
            folder, notes = sources.unpacked(path, self.place())
            try:
                return sources.find(folder), notes
            except Refused as refused:
                raise Refused("; ".join([str(refused), *notes])) from None
        if not sources.is_file(path):
            raise Refused("it is no regular file")
        return path, []


def is_handin(path: Path) -> bool:
    """By its name and kind."""
    return path.suffix == ".c" or bool(archives.stem(path.name)) or \
        path.is_dir() or path.is_symlink()


def read_submitters(path: Path) -> dict[str, str]:
    """Of a group, all names."""
    try:
        import yaml  # needed for these exports alone
    except ModuleNotFoundError:
        raise GradeError(f"{path}: not installed: python3-yaml, which reads "
                         "it") from None
    try:
        with open(path, "rb") as file:
            data = yaml.load(file, getattr(yaml, "CSafeLoader",
                                           yaml.SafeLoader))
        return {str(name): "+".join(sorted(map(_submitter,
                                               value[":submitters"])))
                for name, value in data.items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, IndexError,
            UnicodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        where = f"{path}:{line}" if line else str(path)
        raise GradeError(f"{where}: this is no list of Gradescope's "
                         "submissions") from None


def _submitter(who: dict[str, object]) -> str:
    for key in ":email", ":sid", ":name":
        if who.get(key):
            return printable(str(who[key]))
    raise KeyError(":email")
