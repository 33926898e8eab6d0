"""mdriver in the jail: it reads the lab's parts, the object and what its
options name; what it writes is brought out when it has ended.

Each folder that an option writes to is an empty one in the jail, at the same
place, so that mdriver and its messages have the user's own paths.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Sequence

from .. import ROOT, foreground
from ..jail import Jail
from .sources import HandinError

JUDGE = ("mdriver", "worker", "profiles.json")
PARTS = (*JUDGE, "counter")  # it is built where valgrind is
ALLOCATORS = ("mm.so", "variants", "libraries")  # of the build, if asked for
# Options of mdriver that name files; short ones with a value, by the long name.
READ = ("file", "assignment", "profiles", "trace-dir", "allocator")
WRITTEN = ("csv", "events", "json", "timeline", "record", "shrink", "pack")
SHORT = {"c": "file", "f": "file", "t": "trace-dir", "d": "", "s": ""}
FUZZED = "fuzz.rep"  # where --fuzz writes without --record
OPEN = ("/dev", "/proc")  # the jail has its own


# ---- What the options name. ----

def _short(letters: str, words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for number, letter in enumerate(letters):
        if letter in SHORT:
            yield SHORT[letter], letters[number + 1:] or next(words, "")
            return


def _values(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options that are long, and values that may be files, as mdriver takes
    them; an argument is a file."""
    words = iter(options)
    for word in words:
        if word == "--":
            yield from (("file", rest) for rest in words)
        elif word.startswith("--"):
            name, joined, value = word[2:].partition("=")
            if not joined and any(full.startswith(name)
                                  for full in (*READ, *WRITTEN)):
                value = next(words, "")
            yield name, value
        elif word.startswith("-"):
            yield from _short(word[1:], words)
        else:
            yield "file", word


def _is_of(name: str, options: Sequence[str]) -> bool:
    """Options may be cut short."""
    return any(full.startswith(name) for full in options) if name else False


def _is_open(path: str) -> bool:
    return os.path.abspath(path).startswith(tuple(f"{top}/" for top in OPEN))


@dataclass
class Files:
    """What mdriver reads and writes."""

    read: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    @classmethod
    def named_by(cls, options: Sequence[str], judge: Path) -> Files:
        files = cls([str(judge.parent / name) for name in PARTS
                     if (judge.parent / name).exists()])
        files.read += [str(folder) for folder in (Path("traces").absolute(),
                       ROOT / "traces") if folder.is_dir()]
        values = list(_values(options))
        for name, value in values:
            if name == "allocator":
                files.add_allocators(value, judge.parent)
            elif _is_of(name, READ):
                files.add(value)
            elif _is_of(name, WRITTEN) and value != "-":
                files.written.append(value)
            elif name == "fuzz" and "record" not in dict(values):
                files.written.append(FUZZED)
        return files

    def add(self, path: str) -> None:
        if os.path.exists(path) and not _is_open(path):
            self.read.append(os.path.abspath(path))

    def add_allocators(self, names: str, build: Path) -> None:
        for name in names.split(","):
            self.add(name.partition("=")[2] or name)
        for part in ALLOCATORS:
            self.add(str(build / part))


# ---- What it writes. ----

def _check_writable(path: str) -> None:
    """Before mdriver begins, as it does itself."""
    if os.path.exists(path) and not os.path.isfile(path):
        return
    was_there = os.path.exists(path)
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise HandinError(f"{path}: cannot write it: {error.strerror}") \
            from None
    if not was_there:
        os.unlink(path)


class Outbox:
    """A folder of the user's, and the one that stands for it in the jail."""

    def __init__(self, folder: Path, inside: Path, files: Files) -> None:
        if folder == Path("/"):
            raise HandinError("/: in a jail nothing can be written there")
        self.folder, self.inside = folder, inside
        inside.mkdir()
        written = {os.path.abspath(path) for path in files.written}
        # What is read as well has to lie there to be written.
        for path in {path for path in files.read if path in written}:
            shutil.copyfile(path, inside / Path(path).name)
        files.read[:] = [path for path in files.read if path not in written]
        self.stubs = {Path(path).name for path in files.read
                      if Path(path).parent == folder}

    def deliver(self) -> None:
        for path in self.inside.iterdir():
            if path.name in self.stubs or not path.is_file():
                continue  # a place for what is read
            target = self.folder / path.name
            try:
                with open(path, "rb") as source, open(target, "wb") as file:
                    shutil.copyfileobj(source, file)
            except OSError as error:
                raise HandinError(f"{target}: cannot write it: "
                                  f"{error.strerror}") from None


@contextmanager
def _outboxes(files: Files) -> Iterator[dict[Path, Path]]:
    """Places in the jail and folders for them; delivered at the end."""
    for path in files.written:
        _check_writable(path)
    folders = dict.fromkeys(Path(path).absolute().parent
                            for path in files.written if not _is_open(path))
    with tempfile.TemporaryDirectory() as apart:
        boxes = [Outbox(folder, Path(apart, str(number)), files)
                 for number, folder in enumerate(folders)]
        yield {box.folder: box.inside for box in boxes}
        for box in boxes:
            box.deliver()


# ---- Running it. ----

def _status(pid: int | str) -> dict[str, str]:
    """/proc/PID/status; empty where there is no such process any more."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _descendants(pid: int | str) -> Iterator[str]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield child
        yield from _descendants(child)


def _pass_interrupt(process: foreground.Process) -> None:
    """bubblewrap ignores Ctrl-C, and so does mdriver in it until it catches
    the signal: it is sent then. mdriver catches it once, so it has time to
    answer the terminal's."""
    interrupt = 1 << (signal.SIGINT - 1)
    while process.poll() is None:
        time.sleep(0.25)
        for pid in _descendants(process.pid):
            status = _status(pid)
            if status.get("Name") == "mdriver" and \
                    int(status["SigCgt"], 16) & interrupt:
                os.kill(int(pid), signal.SIGINT)
                return


def _run(command: Sequence[str]) -> int:
    """Ctrl-C is mdriver's to answer."""
    # In a thread, for the program may end first.
    def pass_on(process: foreground.Process) -> None:
        threading.Thread(target=_pass_interrupt, args=(process,),
                         daemon=True).start()

    status = foreground.run(command, pass_on).returncode
    return status if status >= 0 else 128 - status


def judge(jail: Jail, words: Sequence[str], options: Sequence[str],
          read: Sequence[Path], write: Sequence[Path] = ()) -> int:
    """Run mdriver, words[0], with further options of the user's; its status,
    or 2 where there can be no such jail."""
    command = [*words, *options]
    if not jail.isolated:
        return _run(jail.command(command, terminal=True))
    files = Files.named_by(options, Path(words[0]))
    with _outboxes(files) as outbox:
        def jailed(words: Sequence[str]) -> list[str]:
            return jail.command(words, [*files.read, *read], write,
                                outbox=outbox, terminal=True)

        status = _run(jailed(command))
        if status == 1 and subprocess.run(
                jailed(["true"]), stderr=subprocess.DEVNULL).returncode:
            return 2  # it was bubblewrap's
        return status
