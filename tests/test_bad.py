"""One test for each file of tests/bad: the driver finds what is wrong.

A file is named VERDICT.how.c, after the verdict that it has to get. Comments
in it say with what:

    /* trace: NAME.rep ... */    files of tests/traces to replay
    /* options: ... */           further options for ./mdriver
    /* expect: REGEX */          found in the verdict's message
    /* note: REGEX */            found in the note on a right verdict
"""
from __future__ import annotations

import itertools
import re
import sys
import unittest
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import support

# Every verdict that an allocator can have.
VERDICTS = frozenset(re.findall(
    r'^VERDICT\(\w+, "([^"]+)"', (support.ROOT / 'driver/base/verdicts.def')
    .read_text(), re.MULTILINE)) - {'not-run'}

SOURCES = sorted((support.TESTS / 'bad').glob('*.c'))
TRACES = support.TESTS / 'traces'

DIRECTIVE = re.compile(r'/\* (trace|options|expect|note): (.*?) \*/')

# What some of the files print in the hope to be taken for the driver.
FORGED = 'correct:999'


def verdict_of(source: Path) -> str:
    return source.name.partition('.')[0]


def directives(source: Path) -> dict[str, list[str]]:
    found = defaultdict(list)
    for key, text in DIRECTIVE.findall(source.read_text()):
        found[key].append(text)
    return found


def words(lines: list[str]) -> list[str]:
    return ' '.join(lines).split()


class BadAllocators(unittest.TestCase):
    """Filled below, with a method for each source."""

    maxDiff = None

    def judge(self, source: Path) -> None:
        said, verdict = directives(source), verdict_of(source)
        library = support.BUILD / 'bad' / f'{source.stem}.so'
        files = [word for name in words(said['trace'])
                 for word in ('-f', str(TRACES / name))]

        finished, report = support.mdriver_json(
            '--reps', '3', '--allocator', library, *files,
            *words(said['options']))
        account = support.account(finished)
        if 'AddressSanitizer: stack-use-after-return' in finished.stderr:
            verdict = 'exited'  # newer sanitizers look at stacks themselves
        results = [result for result in report['results']
                   if result['allocator'] != 'libc']
        self.assertEqual(len(results), len(files) // 2, account)
        for result in results:
            self.assertEqual(result['verdict'], verdict,
                             f'{result["message"]}\n{account}')
            if verdict != 'ok':
                self.assertTrue(result['message'], account)
            for pattern in said['expect']:
                self.assertRegex(result['message'], pattern)
            for pattern in said['note'] or [r'\A\Z']:
                self.assertRegex(result['note'], pattern)
        self.assertEqual(finished.returncode, verdict != 'ok', account)
        self.assertNotIn(FORGED, finished.stdout)


def add_test(source: Path) -> None:
    def test(self: BadAllocators) -> None:
        self.judge(source)

    setattr(BadAllocators, f'test_{source.stem}', test)


def judged_here() -> Iterator[Path]:
    """All of them in release; under the sanitizer, some of each verdict."""
    for _, group in itertools.groupby(SOURCES, verdict_of):
        yield from itertools.islice(
            group, 3 if support.BUILD.name == 'san' else None)


for _source in judged_here():
    add_test(_source)


class Sources(unittest.TestCase):
    """The files themselves are as the tests above take them to be."""

    def test_many_of_every_kind(self) -> None:
        self.assertGreaterEqual(len(SOURCES), 40)
        self.assertEqual({verdict_of(source) for source in SOURCES}, VERDICTS)

    def test_say_what_must_be_found(self) -> None:
        for source in SOURCES:
            with self.subTest(source.name):
                text = re.sub(r'\s+\*\s+', ' ', source.read_text())
                self.assertIn(f'Must be found: {verdict_of(source)}', text)

    def test_name_traces_that_exist(self) -> None:
        for source in SOURCES:
            with self.subTest(source.name):
                names = words(directives(source)['trace'])
                self.assertTrue(names)
                for name in names:
                    self.assertTrue((TRACES / name).is_file(), name)

    def test_traces_are_what_their_script_writes(self) -> None:
        finished = support.run(sys.executable, TRACES / 'make.py', '--check')
        self.assertEqual(finished.returncode, 0, support.account(finished))
