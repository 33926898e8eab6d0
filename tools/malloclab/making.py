"""make, called by the tools that need more of the build than the lab."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import ROOT


class MakeError(Exception):
    """What could not be made, in a sentence."""


def make(*targets: str | Path) -> None:
    """Bring targets of the Makefile up to date: names, or files of the build.
    What the compiler says of a failure is in the exception's text."""
    words = [os.path.relpath(target, ROOT) if isinstance(target, Path)
             else target for target in targets]
    # A make that has called us must not hand its options down.
    clean = {name: value for name, value in os.environ.items()
             if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MODE",
                             "LD_PRELOAD")}
    try:
        ended = subprocess.run(
            ["make", "-s", "--no-print-directory", *words], cwd=ROOT,
            env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
    except FileNotFoundError:
        raise MakeError("make is not installed: run tools/start setup") \
            from None
    if ended.returncode != 0:
        raise MakeError(f"cannot make {' '.join(words)}:\n"
                        f"{ended.stdout.rstrip()}")
