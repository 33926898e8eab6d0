"""A file to be written: under its name only when it is whole."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Iterator

from .traces import rep


@contextmanager
def created(path: str, as_text: bool) -> Iterator[IO[Any]]:
    """A stream into the file, which is packed where the name ends in .gz or
    .zst; "-" is standard output. Nothing is left where an exception passes."""
    if path == "-":
        with _packed(path, sys.stdout.buffer) as packed:
            yield from _stream(packed, as_text)
        sys.stdout.flush()
        return
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file, _packed(path, file) as packed:
            yield from _stream(packed, as_text)
        return
    path = os.path.realpath(path)
    handle, temporary = _temporary_beside(path)
    try:
        with open(handle, "wb") as file, _packed(path, file) as packed:
            yield from _stream(packed, as_text)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def save(path: str, data: bytes) -> None:
    """The file, made of just that."""
    with named(path), created(path, False) as file:
        file.write(data)


@contextmanager
def named(path: str) -> Iterator[None]:
    """An OSError names this file. That of a write names none by itself, and that
    of a temporary file names another."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def _stream(packed: BinaryIO, as_text: bool) -> Iterator[IO[Any]]:
    if not as_text:
        yield packed
        return
    words = io.TextIOWrapper(packed, "utf-8", "replace")
    yield words
    words.flush()
    words.detach()


@contextmanager
def _packed(path: str, file: BinaryIO) -> Iterator[BinaryIO]:
    if path.endswith(".gz"):
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packer:
            yield packer
    elif path.endswith(".zst"):
        with _through_zstd(file) as packer:
            yield packer
    else:
        yield file


@contextmanager
def _through_zstd(file: BinaryIO) -> Iterator[BinaryIO]:
    try:
        zstd = subprocess.Popen(["zstd", "-qc"], stdin=subprocess.PIPE,
                                stdout=file)
    except FileNotFoundError:
        raise rep.RepError("no zstd here to pack it: install zstd") from None
    with zstd:
        yield zstd.stdin
    if zstd.returncode:
        raise rep.RepError("zstd could not pack it")


def _temporary_beside(path: str) -> tuple[int, str]:
    with named(path):
        return tempfile.mkstemp(".part", ".", os.path.dirname(path) or ".")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
