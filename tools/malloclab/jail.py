"""The outer jail: what a hand-in's compiler and its judge run in.

bubblewrap gives them a root of their own. It holds /usr, read-only, an empty
/tmp, /dev/null, /proc of their own processes, and the paths that the caller
names, each at its own place. There is no network, no other process, and
nothing is left running when the first process has ended.

Where bubblewrap cannot be had, the limits and the clean environment still
hold, and Jail.open says what is missing.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping, Sequence

from . import ROOT, bounded

MODES = ("off", "auto", "require")
NOBODY = "65534"
USR = Path("/usr")
TMP_BYTES = 256 << 20
# What a program in the user's terminal may know of it.
KEPT = ("TERM", "COLUMNS", "LINES", "LANG", "LC_ALL", "LC_CTYPE")
# Beside /usr: where the loader and the compiler's names lie.
SYSTEM = ("/etc/ld.so.cache", "/etc/alternatives")
# In front of bubblewrap, which Ctrl-C must not end: the command answers it. It
# has no session of its own then, but nothing that could open the terminal.
KEEPING = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
# In front of a command that does not answer Ctrl-C: when the pipe at its
# standard input ends, as the process that has the other end does, {} is killed.
# --die-with-parent alone is too late where that process dies while bubblewrap
# still makes the jail.
WATCHING = ("exec 3<&0 </dev/null; "
            "( (read -r _ <&3; kill -s KILL -- {}) >/dev/null 2>&1 & ); "
            'exec 3<&-; exec "$@"')
EVERY_PROCESS, ITS_GROUP = "-1", "-$$"
SWITCHES = (  # files of the kernel's that forbid user namespaces, and the value
    ("kernel/apparmor_restrict_unprivileged_userns", "1",
     "AppArmor forbids user namespaces"),
    ("kernel/unprivileged_userns_clone", "0", "the kernel has no user "
     "namespaces for users"),
    ("user/max_user_namespaces", "0", "the kernel has no user namespaces"))


class JailError(Exception):
    """What the machine lacks for a jail, in a sentence."""


class TimeUp(Exception):
    """The wall limit of a run has passed."""


@dataclass(frozen=True)
class Limits:
    """Of each process, but for wall; None: no limit."""

    cpu: int | None = None  # seconds
    address_space: int | None = None  # bytes
    file_size: int | None = None  # bytes
    processes: int | None = None  # at a time; in bubblewrap alone
    wall: float | None = None  # seconds, of run()

    def words(self, isolated: bool) -> list[str]:
        """The command that sets them, before the command that has them."""
        given = {"as": self.address_space, "fsize": self.file_size,
                 # Elsewhere, the user's other processes would count.
                 "nproc": self.processes if isolated else None}
        words = ["prlimit", "--core=0"]
        words += [f"--{name}={value}" for name, value in given.items()
                  if value is not None]
        if self.cpu is not None:
            words.append(f"--cpu={self.cpu}:{self.cpu + 1}")
        return [*words, "--"]


@dataclass(frozen=True)
class Ended:
    """How a run ended, and the beginnings of what it printed."""

    status: int
    output: str
    errors: str


Folder = str | os.PathLike[str]


def _depth(path: Folder) -> int:
    return len(Path(path).parts)


def _root() -> list[str]:
    """bubblewrap's options for the new root, without what a caller adds."""
    words = ["--ro-bind", str(USR), str(USR)]
    for name in "bin", "sbin", "lib", "lib32", "lib64", "libx32":
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    for name in SYSTEM:
        words += ["--ro-bind-try", name, name]
    words += ["--dev-bind", "/dev/null", "/dev/null",
              "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]
    if USR in ROOT.parents:
        words += ["--tmpfs", str(ROOT)]  # other hand-ins, and the solutions
    return words


def _proc() -> list[str]:
    """Read-only: root's files in /proc/sys are root's in the jail, too."""
    words = ["--proc", "/proc", "--remount-ro", "/proc",
             "--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        words += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return words


def _apart() -> list[str]:
    return ["bwrap", "--unshare-all", "--die-with-parent", "--hostname", "jail",
            "--uid", NOBODY, "--gid", NOBODY, "--clearenv"]


def _variables(home: Folder | None, terminal: bool) -> list[str]:
    private = os.fspath(home) if home else "/tmp"
    values = {"LC_ALL": "C"}
    if terminal:
        values = {name: os.environ[name] for name in KEPT
                  if name in os.environ}
    values |= {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": private,
               "TMPDIR": private}
    return [f"{name}={value}" for name, value in values.items()]


def _binds(binds: Sequence[tuple[str, Folder, Folder]]) -> list[str]:
    """Each with its place and what lies there: outer folders first."""
    return [word for option, place, path in
            sorted(binds, key=lambda bind: _depth(bind[1]))
            for word in (option, os.fspath(path), os.path.abspath(place))]


def _set(variables: Sequence[str]) -> list[str]:
    return [word for variable in variables
            for word in ("--setenv", *variable.split("=", 1))]


def _watched(whom: str) -> list[str]:
    return ["sh", "-c", WATCHING.format(whom), "sh"]


@functools.cache
def fault() -> str | None:
    """Why bubblewrap cannot be used here; None: it can. It is tried once."""
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    tried = subprocess.run(
        [*_apart(), *_root(), *_proc(), "--", "/usr/bin/true"], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, errors="replace")
    if tried.returncode == 0:
        return None
    for name, value, meaning in SWITCHES:
        try:
            if Path("/proc/sys", name).read_text().strip() == value:
                return meaning
        except OSError:
            pass  # this kernel has no such switch
    lines = tried.stderr.strip().splitlines()
    return lines[-1].split(". See <")[0].rstrip(".") if lines else "bwrap fails"


@dataclass(frozen=True)
class Jail:
    """One way to run programs that are not trusted."""

    mode: str  # one of MODES
    isolated: bool  # by bubblewrap

    @classmethod
    def open(cls, mode: str, note: Callable[[str], None]) -> Jail:
        """Find out what the machine can give. What it cannot is noted in one
        line; if the mode is require, it is a JailError."""
        why = fault() if mode != "off" else None
        if why and mode == "require":
            raise JailError(f"--jail require: {why}")
        if why:
            note(f"no outer jail: {why}; of the compiler and the judge, only "
                 "resources are limited")
        return cls(mode, mode != "off" and why is None)

    def command(self, words: Sequence[Folder], read: Sequence[Folder] = (),
                write: Sequence[Folder] = (), home: Folder | None = None,
                limits: Limits = Limits(), *, proc: bool = True,
                outbox: Mapping[Path, Path] = {},
                terminal: bool = False) -> list[str]:
        """The command that runs words in the jail.

        Paths to read and to write lie there at their own places; outbox has
        folders to write that lie elsewhere: place, and folder. home is a
        folder to write, the working directory, and the place of temporary
        files. terminal: the command answers Ctrl-C and keeps the terminal;
        any other is for bounded.run, whose process it does not outlive.
        """
        plain = [os.fspath(word) for word in words]
        if self.mode == "off":
            return plain
        limited = [*limits.words(self.isolated), *plain]
        variables = _variables(home, terminal)
        if not self.isolated:
            there = ["-C", os.fspath(home)] if home else []
            watched = [] if terminal else _watched(ITS_GROUP)
            return ["env", "-i", *there, *variables, *watched, *limited]
        binds = [("--bind", place, path) for place, path in outbox.items()]
        binds += [("--bind", path, path)
                  for path in [*write, *filter(None, [home])]]
        binds += [("--ro-bind", path, path) for path in read]
        there = os.path.abspath(home or os.getcwd())
        return [*(KEEPING if terminal else ()), *_apart(),
                *(() if terminal else ["--new-session"]), *_root(),
                *(_proc() if proc else ()), *_binds(binds),
                "--dir", there, "--chdir", there, "--remount-ro", "/",
                *_set(variables), "--",
                *([] if terminal else _watched(EVERY_PROCESS)), *limited]


def run(command: Sequence[str], wall: float | None, most_output: int,
        most_errors: int = 0) -> Ended:
    """Run it to its end; keep at most so many bytes of what it prints. When
    the wall limit passes, or Ctrl-C comes, all its processes are killed. It
    prints English."""
    ended = bounded.run(command, wall, most_output, most_errors,
                        env={**os.environ, "LC_ALL": "C"})
    if not ended.in_time:
        raise TimeUp
    return Ended(ended.status, ended.output.decode(errors="replace"),
                 ended.errors.decode(errors="replace"))
