"""A kind of picture is a module that has what Kind has, and a row in
command.py."""

from __future__ import annotations

import argparse
from typing import Protocol

from ..arguments import Subcommand
from . import style
from .source import Source


class Kind(Subcommand, Protocol):
    NEEDS: str  # the figures that it draws: a key of source.MADE_BY

    def picture(self, source: Source, look: style.Look,
                options: argparse.Namespace) -> style.Sheet:
        """Draw the figures of the source, within style.settings()."""
