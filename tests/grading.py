"""What the tests of tools/grade share: assignments, classes, runs."""
from __future__ import annotations

import csv
import json
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support import ROOT, TESTS, Finished, account, run

GRADE = ROOT / 'tools/grade'
NAIVE = (ROOT / 'variants/naive.c').read_text()
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
        self.assertEqual(finished.stderr.count('\n'), 1, finished.stderr)
        self.assertIn(sentence, finished.stderr)

    def result(self, student: str) -> dict[str, Any]:
        path = self.results / student / 'result.json'
        return json.loads(path.read_text())

    def gradebook(self) -> dict[str, dict[str, str]]:
        with open(self.results / 'gradebook.csv', newline='') as file:
            return {row['student']: row for row in csv.DictReader(file)}

    def statuses(self) -> dict[str, str]:
        return {student: row['status']
                for student, row in self.gradebook().items()}
