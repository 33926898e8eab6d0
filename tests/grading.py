"""What the tests of tools/grade share: assignments, classes, runs."""
from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support import (ROOT, TESTS, Finished, account, run, wait_until,
                     without_note)

import class_of

GRADE = ROOT / 'tools/grade'
NAIVE = (ROOT / 'variants/naive.c').read_text()
HANGS = class_of.never_ends(NAIVE, None)
BROKEN = (TESTS / 'handin/broken.c').read_text()
ASSIGNMENT = {'name': 'A test', 'lab': 'house', 'alignment': 16,
              'traces': {'structs.rep': 1},
              'points': {'utilization_weight': 0.6, 'utilization': [0, 1],
                         'throughput': [0, 1], 'reference': 'libc',
                         'average': 'pooled', 'measure': 'instructions'},
              'limits': {'time_limit': 2}}


class Grading(unittest.TestCase):
    """A folder of its own, with an assignment."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='grade-test-'))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.results = self.folder / 'results'
        self.assignment = self.folder / 'a.json'
        self.assign()

    def assign(self, **more: Any) -> None:
        self.assignment.write_text(json.dumps({**ASSIGNMENT, **more}))

    def a_class(self, **students: str) -> Path:
        """A folder with a text for each student."""
        folder = self.folder / 'class'
        for student, text in students.items():
            (folder / student).mkdir(parents=True)
            (folder / student / 'mm.c').write_text(text)
        return folder

    def run_grade(self, *words: str | Path, **more: Any) -> Finished[str]:
        return run(GRADE, self.assignment, *words, '--into', self.results,
                   **more)

    def grade(self, *words: str | Path, status: int = 0, **more: Any
              ) -> Finished[str]:
        finished = self.run_grade(*words, **more)
        self.assertEqual(finished.returncode, status, account(finished))
        self.assertNotIn('Traceback', finished.stderr)
        return finished

    def refused(self, sentence: str, *words: str | Path) -> None:
        """One line, and exit status 2."""
        finished = self.grade(*words, status=2)
        said = without_note(finished.stderr)
        self.assertEqual(said.count('\n'), 1, finished.stderr)
        self.assertIn(sentence, said)

    def judges(self) -> list[str]:
        """Processes that still judge for this test."""
        found = []
        for path in Path('/proc').glob('[0-9]*/cmdline'):
            try:
                words = path.read_bytes().decode(errors='replace')
            except OSError:
                continue
            if str(self.assignment) in words:
                found.append(words)
        return found

    def interrupted(self, *words: str | Path, **more: Any) -> str:
        """Ctrl-C when alice is done; what was said. A class needs alice, who
        is judged at once, and somebody whose judging does not end."""
        process = subprocess.Popen(
            [GRADE, self.assignment, *words, '--into', self.results],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True, **more)
        done = self.results / 'alice/result.json'
        wait_until(lambda: done.exists() and self.judges()
                   or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn('Traceback', said)
        wait_until(lambda: not self.judges())
        return said

    def result(self, student: str) -> dict[str, Any]:
        path = self.results / student / 'result.json'
        return json.loads(path.read_text())

    def gradebook(self) -> dict[str, dict[str, str]]:
        with open(self.results / 'gradebook.csv', newline='') as file:
            return {row['student']: row for row in csv.DictReader(file)}

    def statuses(self) -> dict[str, str]:
        return {student: row['status']
                for student, row in self.gradebook().items()}
