"""Archives of hand-ins, which nobody has to trust.

Of an archive only regular files are taken, below the folder that it is unpacked
into. A name that leads elsewhere, a link or a device is left out, and a note
says so. What becomes larger than the limit is refused as a whole, and so is an
archive that is cut short.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Iterator

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz",
           ".txz", ".tar.zst")
PIECE = 1 << 16
TAR_BLOCK = 512
END_OF_TAR = bytes(2 * TAR_BLOCK)
NAMED = 3  # notes of one archive
MOST_FOLDERS = 32  # one in the other
MOST_HEADERS = 100  # keys of a member of a pax archive, global ones included
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
          EOFError, struct.error, ValueError, NotImplementedError,
          RuntimeError, OverflowError, MemoryError)
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


class BadArchive(Exception):
    """Why it cannot be unpacked, in a sentence."""


@dataclass(frozen=True)
class Limits:
    """Of all that an archive holds."""

    size: int  # bytes, unpacked
    count: int  # members, and folders that only their names have


A_CLASS = Limits(4 << 30, 200_000)
A_STUDENT = Limits(64 << 20, 10_000)


def stem(name: str) -> str | None:
    """The name without the ending of an archive; None: it has no such."""
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[:-len(ending)]
    return None


def unpack(archive: Path, folder: Path, limits: Limits) -> list[str]:
    """Unpack it into the new folder. Returns notes of what was left out."""
    unpacking = _Unpacking(folder, limits)
    folder.mkdir(parents=True)
    try:
        if archive.name.lower().endswith(".zip"):
            unpacking.zip(archive)
        else:
            unpacking.tar(archive)
    except OSError as error:
        if error.errno in OURS:
            raise
        raise BadArchive(f"it is damaged or cut short ({error})") from None
    except BROKEN as error:
        raise BadArchive("it is damaged or cut short "
                         f"({str(error) or type(error).__name__})") from None
    return unpacking.said()


class _Bounded:
    """A stream that ends with an exception where it is longer than allowed.
    It remembers its end."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream, self.left, self.end = stream, most, b""
        self.size = 0

    def read(self, size: int = PIECE) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        self.size += len(data)
        if self.left < 0:
            raise BadArchive("it is too large when unpacked")
        self.end = (self.end + data)[-len(END_OF_TAR):]
        return data

    def drain(self) -> None:
        while self.read():
            pass


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The tar inside."""
    name = path.name.lower()
    openers: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open,
                               "xz": lzma.open, "tar": open}
    kind = name.rsplit(".", 1)[1].replace("tgz", "gz").replace(
        "tbz2", "bz2").replace("txz", "xz")
    if kind != "zst":
        with openers[kind](path, "rb") as stream:
            yield stream
        return
    with _through_zstd(path) as stream:
        yield stream


@contextmanager
def _through_zstd(path: Path) -> Iterator[IO[bytes]]:
    if not shutil.which("zstd"):
        raise BadArchive("the package zstd, which unpacks it, is not installed")
    with subprocess.Popen(["zstd", "-qdc", "--", str(path.absolute())],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BadArchive("it is damaged or cut short (zstd refuses it)")


@dataclass
class _Unpacking:
    folder: Path
    limits: Limits
    notes: list[str] = field(default_factory=list)
    count: int = 0
    size: int = 0

    def tar(self, archive: Path) -> None:
        with _unpacked(archive) as stream:
            # Headers and padding are bounded with what they enclose.
            bounded = _Bounded(stream, self.limits.size
                               + 2048 * self.limits.count)
            with tarfile.open(fileobj=bounded, mode="r|") as members:
                while member := members.next():
                    members.members.clear()  # each has a copy of the headers
                    self.count_one()
                    if len(member.pax_headers) > MOST_HEADERS:
                        raise BadArchive("a file in it has more than "
                                         f"{MOST_HEADERS} headers")
                    if member.isfile():
                        self.keep(member.name, members.extractfile(member))
                    elif not member.isdir():
                        self.leave_out(member.name, "no regular file")
            bounded.drain()
        if bounded.end != END_OF_TAR or bounded.size % TAR_BLOCK:
            raise BadArchive("it is cut short (it has no end)")

    def zip(self, archive: Path) -> None:
        with zipfile.ZipFile(archive) as members:
            for member in members.infolist():
                self.count_one()
                mode = member.external_attr >> 16
                name = member.filename.replace("\\", "/")
                if name.endswith("/"):
                    continue
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    self.leave_out(name, "no regular file")
                    continue
                with members.open(member) as stream:
                    self.keep(name, stream)

    def count_one(self) -> None:
        self.count += 1
        if self.count > self.limits.count:
            raise BadArchive(f"it holds more than {self.limits.count} files "
                             "and folders")

    def leave_out(self, name: str, why: str) -> None:
        self.notes.append(f"{printable(name)}: {why}; left out")

    def target(self, name: str) -> Path | None:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts or "\0" in name or not parts:
            return None
        return self.folder.joinpath(*parts)

    def keep(self, name: str, stream: IO[bytes] | None) -> None:
        target = self.target(name)
        if target is None or stream is None:
            self.leave_out(name, "its path leads out of the archive")
            return
        if len(target.parts) - len(self.folder.parts) > MOST_FOLDERS:
            self.leave_out(name, f"it lies in more than {MOST_FOLDERS} folders")
            return
        try:
            self.make_folder(target.parent)
            with open(target, "wb") as file:
                self.copy(stream, file)
        except (OSError, UnicodeError) as error:
            if getattr(error, "errno", None) in (None, *OURS, 0):
                raise
            self.leave_out(name, f"cannot be stored ({error.strerror})")

    def make_folder(self, folder: Path) -> None:
        """With those around it. Each counts as a member."""
        if not folder.is_dir():
            self.make_folder(folder.parent)
            self.count_one()
            folder.mkdir()

    def copy(self, stream: IO[bytes], file: IO[bytes]) -> None:
        while True:
            data = stream.read(PIECE)
            if not data:
                return
            self.size += len(data)
            if self.size > self.limits.size:
                raise BadArchive("it is too large when unpacked")
            file.write(data)

    def said(self) -> list[str]:
        more = len(self.notes) - NAMED
        return self.notes[:NAMED] + ([f"{more} more files were left out"]
                                     if more > 0 else [])


def printable(text: str) -> str:
    """On one line, and nothing that a terminal obeys."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd"
                   for letter in text)
