"""What the command lines of several tools have in common."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """An argparse type."""
    number = int(text) if text.isdecimal() and len(text) < 1000 else 0
    if number == 0:
        raise argparse.ArgumentTypeError(
            f"'{text:.40}' is not a positive integer")
    return number


def keep_alone(parser: argparse.ArgumentParser, options: argparse.Namespace,
               mode: str, *others: str) -> None:
    """Refuse what means nothing beside the option `mode` where that is given.

    The others are those that go with it. Exits with 2, as argparse does.
    """
    beside = [name for name, value in vars(options).items()
              if name not in (mode, *others)
              and value != parser.get_default(name)]
    if getattr(options, mode) and beside:
        goes = "".join(f" with --{name}" for name in others)
        parser.error(f"--{mode} goes{goes} alone")
