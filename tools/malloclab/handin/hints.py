"""Hand-ins that count on pointers of 4 bytes: how they fail, what they need."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import tempfile
from pathlib import Path

from .sources import HandinError

# A message is of a hand-in for 32 bits: half of an address, a block half a
# header too far, a size of two pointers taken for one.
SIGNS = (
    ("misaligned", re.compile(r"\(4 too far\)"),
     "every block is 4 bytes from where it has to be"),
    ("crashed", re.compile(r"address 0x(?:ffffffff)?[0-9a-f]{5,8} is outside "
                           r"the heap"),
     "an address has lost its upper half"),
    ("out-of-heap", re.compile(r"returned 0x(?:ffffffff)?[0-9a-f]{1,8} .*"
                               r"not in the heap at all"),
     "an address has lost its upper half"),
    ("out-of-heap", re.compile(r"reaches (?:4|8|12|16) bytes past the end"),
     "blocks are as long as with pointers of 4 bytes"))


def _sign(result: dict[str, str]) -> str | None:
    for verdict, pattern, meaning in SIGNS:
        if result["verdict"] == verdict and pattern.search(result["message"]):
            return meaning
    return None


def _program() -> str | None:
    """Why no program of 32 bits can be had here; None: it can."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "x.c", Path(folder) / "x"
        source.write_text("#include <stdio.h>\nint main(void) { return 0; }\n")
        built = subprocess.run(["gcc", "-m32", "-o", program, source],
                               capture_output=True)
        if built.returncode != 0:
            return "the package gcc-multilib is not installed"
        try:
            subprocess.run([program], capture_output=True)
        except OSError as error:
            if error.errno == errno.ENOEXEC:
                return "this system's kernel runs no programs of 32 bits"
    return None


def demand_32_bits() -> None:
    why = _program()
    if why:
        raise HandinError(f"MODE=m32 needs programs of 32 bits: {why}")


def of_32_bits(path: Path) -> str | None:
    """A line, where all bad verdicts in the results tell of pointers of 4
    bytes."""
    try:
        results = json.loads(path.read_text())["results"]
    except (OSError, ValueError, KeyError):
        return None  # it was not asked to judge
    mine = results[0]["allocator"] if results else None
    bad = [result for result in results if result["allocator"] == mine
           and result["verdict"] not in ("ok", "not-run")]
    signs = [_sign(result) for result in bad]
    if not bad or None in signs:
        return None
    why = _program()
    return (f"It may need pointers of 4 bytes ({signs[0]}): try MODE=m32."
            + (f"\nBut {why}." if why else ""))
