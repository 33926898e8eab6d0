"""The files of traces, found as mdriver -f finds them; the default build."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .. import BUILD, ROOT

ENDINGS = ("", ".rep", ".rep.gz", ".rep.zst", ".repb")


def build() -> Path:
    """The build that MALLOCLAB_BUILD names, else release."""
    return ROOT / os.environ.get("MALLOCLAB_BUILD", "build/release")


def directory() -> Path:
    """traces/ here, or else that of the project."""
    here = Path("traces")
    return here if here.is_dir() else ROOT / here


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add those that say where traces lie, and which mdriver reads them."""
    parser.add_argument("-t", "--trace-dir", type=Path, default=directory(),
                        metavar="DIR", help="the folder of traces (traces)")
    parser.add_argument("--build", type=lambda text: ROOT / text,
                        default=BUILD, metavar="FOLDER",
                        help="the build whose mdriver reads (build/release)")


class TraceError(Exception):
    """Why there is no trace, in a sentence; "" where mdriver has printed it."""


def find(name: str, folder: Path) -> Path | None:
    """The file at a path, or a trace of the folder by its name; or None."""
    for path in [Path(name), *(folder / (name + end) for end in ENDINGS)]:
        if path.is_file():
            return path
    return None


def found(name: str, folder: Path | None = None) -> Path:
    """Like find, by default in traces/; a TraceError if there is none."""
    folder = folder or directory()
    path = find(name, folder)
    if path is None:
        raise TraceError(f"{name}: there is no such trace, here or in {folder}")
    return path
