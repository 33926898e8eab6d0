"""Types of arguments that several tools take."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """An argparse type."""
    number = int(text) if text.isdigit() else 0
    if number == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive integer")
    return number
