"""A terminal of the kind VT100, as far as ncurses asks of one, for tests.

Terminal runs a program on a pseudo-terminal and keeps what it shows as rows of
text. until(condition) reads until the condition holds or time is up.
"""
from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import Callable

SEQUENCE = re.compile(r'\x1b(?:\[([?0-9;]*)([A-Za-z])|[()][A-Z0-9]|[=>78cHM])'
                      r'|[\x0e\x0f\0\a]')
AT_MOST = 300.0  # seconds that a program has to show what it is waited for


class Terminal:
    def __init__(self, command: list[str | Path], rows: int = 24,
                 columns: int = 80, kind: str = 'vt100', keys: bool = True,
                 cwd: Path | None = None, **environment: str) -> None:
        self.master, self.slave = pty.openpty()
        self.rows = [[' '] * columns for _ in range(rows)]
        self.columns = columns
        self.row = self.column = 0
        self.rightmost = 0     # the highest column ever written to
        self.sent = ''         # everything, as it came
        self.pending = ''
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')
        self._set_size(rows, columns)
        self.modes = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd,
            stdin=self.slave if keys else subprocess.DEVNULL,
            stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=self._control, env={**os.environ, 'TERM': kind,
                                           **environment})

    def _control(self) -> None:
        fcntl.ioctl(1, termios.TIOCSCTTY, 0)

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack('HHHH', rows, columns, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    # ---- What it shows. ----

    def text(self) -> str:
        return '\n'.join(''.join(row).rstrip() for row in self.rows)

    def restored(self) -> bool:
        """Are the modes of the terminal what they were?"""
        return termios.tcgetattr(self.slave) == self.modes

    def _scroll(self) -> None:
        self.rows.pop(0)
        self.rows.append([' '] * self.columns)

    def _put(self, character: str) -> None:
        if self.column == self.columns:
            self.column = 0
            self._down()
        self.rows[self.row][self.column] = character
        self.column += 1
        if character != ' ':
            self.rightmost = max(self.rightmost, self.column)

    def _down(self) -> None:
        if self.row + 1 == len(self.rows):
            self._scroll()
        else:
            self.row += 1

    def _erase(self, how: int, lines: bool) -> None:
        row = self.rows[self.row]
        first, last = ((self.column, self.columns), (0, self.column + 1),
                       (0, self.columns))[how]
        row[first:last] = [' '] * (min(last, self.columns) - first)
        for i in range(len(self.rows)) if lines else ():
            if how == 2 or (i > self.row if how == 0 else i < self.row):
                self.rows[i] = [' '] * self.columns

    def _obey(self, numbers: str, letter: str) -> None:
        known = [int(n) if n.isdigit() else 0 for n in numbers.split(';')]
        first = known[0] or 1
        if letter == 'H':
            self.row = min(first, len(self.rows)) - 1
            self.column = (known[1] or 1) - 1 if len(known) > 1 else 0
        elif letter == 'J' or letter == 'K':
            self._erase(known[0], letter == 'J')
        elif letter == 'A' or letter == 'B':
            self.row += first if letter == 'B' else -first
        elif letter == 'C' or letter == 'D':
            self.column += first if letter == 'C' else -first

    def _control_character(self, character: str) -> None:
        if character == '\n':
            self._down()
        elif character == '\r':
            self.column = 0
        elif character == '\b':
            self.column -= 1
        elif character == '\t':
            self.column = min(self.column // 8 * 8 + 8, self.columns - 1)
        else:
            self._put(character)

    def feed(self, text: str) -> None:
        self.sent += text
        self.pending += text
        while self.pending:
            match = SEQUENCE.match(self.pending)
            if match:
                if match[2]:
                    self._obey(match[1], match[2])
                self.pending = self.pending[match.end():]
            elif self.pending[0] == '\x1b':
                return   # the rest is still to come
            else:
                self._control_character(self.pending[0])
                self.pending = self.pending[1:]

    # ---- Waiting, keys, the end. ----

    def read(self, seconds: float) -> None:
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.feed(self.decoder.decode(os.read(self.master, 65536)))

    def until(self, condition: Callable[[], bool]) -> bool:
        end = time.monotonic() + AT_MOST
        while not condition():
            if time.monotonic() > end:
                return False
            self.read(0.1)
        return True

    def shows(self, text: str) -> bool:
        return self.until(lambda: text in self.text())

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        self.rows = [[' '] * columns for _ in range(rows)]
        self.columns = columns
        self.row = self.column = 0
        self._set_size(rows, columns)
        os.kill(self.process.pid, signal.SIGWINCH)

    def ends(self) -> int | None:
        """Wait for the program's end; its status, None where it goes on."""
        if not self.until(lambda: self.process.poll() is not None):
            return None
        while select.select([self.master], [], [], 0)[0]:
            self.read(0)
        return self.process.returncode
