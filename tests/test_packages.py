"""Packages that a tool needs: it starts without them, and says what is missing.

A package is missing here by a module that hides it.
"""
from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path

from malloclab import packages
from support import ROOT, TESTS, account, in_release_only, only_with, run

in_release_only('the tools are the same in every build')
only_with('numpy', 'matplotlib')

SMALL = TESTS / 'traces/small.rep'
HIDES = '''
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: \\
    None if name in {hidden!r} else found(name, *more)
'''
NEED = {'plot map -o x.png small': 'numpy matplotlib',
        'traces info small': 'numpy',
        'likeness small small': 'numpy',
        'likeness -o x.png small small': 'matplotlib',
        'report -o x.html small': 'numpy',
        'report --bench x.html': 'selenium',
        'generate --like small -o x.rep': 'numpy',
        'convert -o x.json --to chrome --allocator mm small': 'numpy'}


class Demand(unittest.TestCase):
    def test_nothing_is_missing(self) -> None:
        packages.demand('tools/x', 'json', 'csv')

    def test_what_is_missing_is_named(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as said, \
                self.assertRaises(SystemExit) as ended:
            packages.demand('tools/x', 'json', 'no_such', 'nor_this')
        self.assertEqual(ended.exception.code, 2)
        self.assertEqual(
            said.getvalue(), 'tools/x: not installed: python3-no_such '
            'python3-nor_this; tools/start setup installs what is missing\n')


class Tools(unittest.TestCase):
    def without(self, modules: str, *words: str | Path):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, 'sitecustomize.py').write_text(
                HIDES.format(hidden=modules.split()))
            tool, *more = words
            return run(ROOT / 'tools' / tool, *more, cwd=folder,
                       env={**os.environ, 'PYTHONPATH': folder})

    def test_each_names_its_packages(self) -> None:
        for command, modules in NEED.items():
            with self.subTest(command):
                words = [SMALL if word == 'small' else word
                         for word in command.split()]
                finished = self.without(modules, *words)
                names = ' '.join(f'python3-{name}' for name in modules.split())
                self.assertEqual(
                    (finished.returncode, finished.stderr),
                    (2, f'tools/{words[0]}: not installed: {names}; '
                     'tools/start setup installs what is missing\n'))

    def test_others_start_without(self) -> None:
        for command in ('bench --help', 'convert --list', 'generate --help',
                        'handin --help', 'handout --help', 'programs --help',
                        'record --help', 'run --help', 'soak --help'):
            with self.subTest(command):
                finished = self.without('numpy matplotlib selenium',
                                        *command.split())
                self.assertEqual(finished.returncode, 0, account(finished))
