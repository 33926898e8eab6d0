"""Which python3 has the modules that a tool needs.

Debian's packages, such as python3-matplotlib, serve the system's python3 alone,
and another may be the first of the PATH. So a tool begins with demand(): where
this Python lacks a module, the tool is started anew in one that has them all.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import Iterator


def candidates() -> Iterator[str]:
    """This one first, then those of the PATH and the system's."""
    seen = set()
    folders = [*os.environ.get("PATH", "").split(":"), "/usr/bin"]
    for python in [sys.executable, *(f"{folder}/python3" for folder in folders
                                     if folder)]:
        if python not in seen and os.access(python, os.X_OK):
            seen.add(python)
            yield python


def with_modules(*modules: str) -> str | None:
    """The path of a python3 that imports them all; None where none does."""
    code = "import " + ", ".join(modules)
    for python in candidates():
        if subprocess.run([python, "-c", code], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def demand(tool: str, *modules: str) -> None:
    """Go on in a python3 that has the modules, or end with exit status 2.

    To be called before anything else of the tool ran: the program may begin
    again, with the same arguments.
    """
    if all(importlib.util.find_spec(module) for module in modules):
        return
    python = with_modules(*modules)
    if not python:
        packages = " ".join(f"python3-{module}" for module in modules)
        print(f"{tool}: no python3 here has {' and '.join(modules)}: "
              f"install {packages}", file=sys.stderr)
        raise SystemExit(2)
    os.execv(python, [python, *sys.argv])
