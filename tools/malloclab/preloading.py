"""LD_PRELOAD for a shared object at any path.

The loader splits LD_PRELOAD at spaces and colons, and replaces what follows a
dollar sign. It ignores what it then does not find, and the program runs on the
C library's malloc. So a path with such a character is named by a link.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

SPECIAL = " :$"


class PreloadError(Exception):
    """Why the object cannot be preloaded, in a sentence."""


def _is_plain(path: str) -> bool:
    return not any(character in path for character in SPECIAL)


def _folder() -> Path:
    """A folder of this user alone. Links in it stay: a program may start
    others long after."""
    bases = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(),
             "/tmp"]
    base = next(base for base in bases
                if os.path.isdir(base) and _is_plain(base))
    folder = Path(base, f"malloclab-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or \
            stat.S_IMODE(found.st_mode) & 0o022:
        raise PreloadError(f"{folder} is not a folder of this user alone")
    return folder


def _link_to(path: str) -> str:
    number = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    link = _folder() / f"{number}.so"
    if not link.is_symlink() or os.readlink(link) != path:
        new = link.with_suffix(f".{os.getpid()}")
        new.unlink(missing_ok=True)
        new.symlink_to(path)
        new.replace(link)
    return str(link)


def word(path: str | Path) -> str:
    """The word of LD_PRELOAD for the shared object; a PreloadError if there
    can be none."""
    path = str(path)
    if _is_plain(path):
        return path
    try:
        return _link_to(path)
    except (OSError, PreloadError) as error:
        raise PreloadError(f"LD_PRELOAD cannot name '{path}', and no link to "
                           f"it can be made: {error}") from None
