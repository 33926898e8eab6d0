"""Run a unittest module in another python3, and tell of each of its tests here.

The tests run in whichever Python comes first; some need one that has numpy or
selenium. Such a module is named *_cases.py. test_x.py fills a class with what
the module has:

    class Blocks(unittest.TestCase): pass
    elsewhere.adopt(Blocks, 'blocks_cases', pythons.with_modules('numpy'),
                    'no python3 has numpy')

The module runs once, when the first of them is asked for.
"""
from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def adopt(into: type[unittest.TestCase], module: str, python: str | None,
          reason: str) -> None:
    """Give the class a test for each of the module's; all skipped for the
    reason where there is no python."""
    for owner, name in _tests(TESTS / f'{module}.py'):
        def test(self, owner=owner, name=name):
            if not python:
                self.skipTest(reason)
            outcome, details = _outcomes(module, python).get(
                f'{owner}.{name}', ('failed', 'it did not run'))
            if outcome == 'skipped':
                self.skipTest(details)
            if outcome == 'failed':
                self.fail(details)
        setattr(into, f'test_{owner}_{name[len("test_"):]}', test)


def _tests(path: Path) -> list[tuple[str, str]]:
    return [(owner.name, part.name) for owner in ast.parse(
        path.read_text()).body if isinstance(owner, ast.ClassDef)
        for part in owner.body if isinstance(part, ast.FunctionDef)
        and part.name.startswith('test_')]


@functools.lru_cache(maxsize=None)
def _outcomes(module: str, python: str) -> dict[str, list[str]]:
    ended = subprocess.run([python, __file__, module], text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, cwd=TESTS.parent)
    lines = ended.stdout.splitlines()
    if ended.returncode != 0 or not lines:
        raise AssertionError(f'{module}: {ended.stderr}')
    return json.loads(lines[-1])


class _Recorder(unittest.TestResult):
    """Outcomes by Class.test; what failed in a class's set-up, by Class."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, tuple[str, str]] = {}

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        name = '.'.join(test.id().split('.')[-2:])
        details = [text for kind in (self.failures, self.errors)
                   for one, text in kind
                   if one is test or getattr(one, 'test_case', None) is test]
        skips = [text for one, text in self.skipped if one is test]
        self.outcomes[name] = (
            ('failed', '\n'.join(details)) if details else
            ('skipped', skips[0]) if skips else ('passed', ''))


def main(module: str) -> None:
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    recorder = _Recorder()
    suite.run(recorder)
    for test, text in recorder.errors:
        if not isinstance(test, unittest.TestCase):  # a set-up
            print(text, file=sys.stderr)
            sys.exit(1)
    print(json.dumps(recorder.outcomes))


if __name__ == '__main__':
    main(sys.argv[1])
