"""traces/MANIFEST: the provenance of each trace, one line per file.

    NAME  KIND  OPERATIONS  PEAK  PROVENANCE

in columns parted by blanks, of which only the last may contain some. KIND is
generated, then PROVENANCE is the command that makes the file again; or
recorded, then it is the program, its version, the date, and the command after
a colon; or unseen, recorded too, but set aside before any allocator was tuned.
PEAK is in bytes of payload. Lines that begin with # are comments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, NamedTuple

from ..numbers import integer

GENERATED = "generated"
RECORDED = "recorded"
UNSEEN = "unseen"
KINDS = GENERATED, RECORDED, UNSEEN


class Entry(NamedTuple):
    name: str
    kind: str
    ops: int
    peak: int
    provenance: str


class ManifestError(Exception):
    """Says `path:line: sentence`."""


@dataclass
class Manifest:
    comment: list[str]
    entries: list[Entry]

    def put(self, entry: Entry) -> None:
        """Replace the entry of that name, or add it after its kind."""
        for at, old in enumerate(self.entries):
            if old.name == entry.name:
                self.entries[at] = entry
                return
        self.entries.append(entry)
        self.entries.sort(key=lambda e: (e.kind, e.name))

    def of_kind(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind in kinds]

    def kind_of(self, name: str) -> str:
        """What the entry of that name says; of a new one, recorded."""
        return next((entry.kind for entry in self.entries
                     if entry.name == name), RECORDED)


def read(path: str) -> Manifest:
    with open(path, encoding="utf-8") as file:
        try:
            return parse(file, path)
        except UnicodeDecodeError:
            raise ManifestError(f"{path}:1: this is no text") from None


def parse(lines: Iterable[str], path: str = "MANIFEST") -> Manifest:
    comment: list[str] = []
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        if line.startswith("#") or not line.strip():
            comment.append(line)
            continue
        try:
            entries.append(_entry(line))
        except ValueError as error:
            raise ManifestError(f"{path}:{number}: {error}") from None
    return Manifest(comment, entries)


def _entry(line: str) -> Entry:
    words = line.split(None, 4)
    if len(words) != 5 or words[1] not in KINDS:
        raise ValueError("not a line of name, kind, operations, peak and "
                         "provenance")
    return Entry(words[0], words[1], integer(words[2]), integer(words[3]),
                 words[4])


def render(manifest: Manifest) -> str:
    """The file's text, in aligned columns."""
    rows = [(e.name, e.kind, str(e.ops), str(e.peak)) for e in manifest.entries]
    name, kind, ops, peak = (max((len(r[i]) for r in rows), default=0)
                             for i in range(4))
    lines = list(manifest.comment)
    for row, entry in zip(rows, manifest.entries):
        lines.append(f"{row[0]:{name}}  {row[1]:{kind}}  {row[2]:>{ops}}  "
                     f"{row[3]:>{peak}}  {entry.provenance}")
    return "\n".join(lines) + "\n"


def write(path: str, manifest: Manifest) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(manifest))
