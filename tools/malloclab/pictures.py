"""Files of pictures: what their names may end in."""

from __future__ import annotations

from pathlib import Path

FORMATS = (".png", ".svg", ".pdf")


def fault(path: str | Path) -> str:
    """What is wrong with the name, in a sentence; "" where nothing is."""
    if Path(path).suffix in FORMATS:
        return ""
    return f"{path}: it has to end in {', '.join(FORMATS)}"
