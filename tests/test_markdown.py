"""Tables as Markdown: of the tools, by columns.py, and of mdriver."""
from __future__ import annotations

import importlib
import tempfile
import unittest
from pathlib import Path

import support
from malloclab import columns

support.in_release_only('the tools are the same in every build')

ROOMS = ('bench.command', 'callers.command', 'convert.command',
         'copies.command', 'grade.checking', 'programs.command',
         'record.command', 'report.command', 'soak', 'sweep.command')


class Tools(unittest.TestCase):
    def test_titles_rule_and_cells(self) -> None:
        self.assertEqual(
            columns.markdown([['name', 'bytes'], ['a|b', '1,024']], {0}),
            '| name | bytes |\n| :-- | --: |\n| a\\|b | 1,024 |')

    def test_the_option_is_of_every_tool_with_tables(self) -> None:
        for room in ROOMS:
            parser = importlib.import_module(f'malloclab.{room}')._parser()
            self.assertIn('--markdown', parser.format_help(), room)

    def test_a_list(self) -> None:
        done = support.run(support.ROOT / 'tools/traces', 'list', '--markdown',
                           '-t', 'tests/traces', 'small', cwd=support.ROOT)
        title, rule, row = done.stdout.splitlines()
        self.assertEqual(title, '| trace | kind | operations | ids | peak '
                         'payload | peak blocks | threads | provenance |')
        self.assertEqual(rule.count('--:'), 5)
        self.assertRegex(row, r'\A\| small\.rep \| - \| 330 \| ')


class Judge(unittest.TestCase):
    def written(self, *options: str) -> list[str]:
        done = support.run(support.MDRIVER, '--markdown', '-', *options,
                           cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, support.account(done))
        return done.stdout.splitlines()

    def tables(self, lines: list[str]) -> dict[str, list[list[str]]]:
        """Rows of cells by title; each table is as wide as its title."""
        found: dict[str, list[list[str]]] = {}
        for line in filter(None, lines):
            if line.startswith('### '):
                rows = found.setdefault(line[4:], [])
            else:
                self.assertRegex(line, r'\A\|.*\|\Z')
                rows.append([cell.strip() for cell in line[1:-1].split('|')])
                self.assertEqual(len(rows[-1]), len(rows[0]), line)
        return found

    def test_results_bounds_and_comparison(self) -> None:
        found = self.tables(self.written(
            '--no-timing', '--bounds', '--allocator', 'mm,libc',
            'tests/traces/small.rep', 'traces/structs.rep'))
        self.assertEqual(list(found), ['Results for mm', 'Results for libc',
                                       'Footprint', 'Comparison'])
        title, rule, small, structs, total = found['Results for mm']
        self.assertEqual(title[:3], ['trace', 'valid', 'util'])
        self.assertEqual(rule[:3], ['---', '---', '---:'])
        self.assertEqual([row[0] for row in (small, structs, total)],
                         ['small.rep', 'structs.rep', 'Total'])
        self.assertEqual(total[1], '2 of 2')
        self.assertEqual(found['Comparison'][2][3], total[2])

    def test_an_adversary(self) -> None:
        found = self.tables(self.written('--adversary', 'robson:n=16,M=100'))
        rows, = found.values()
        self.assertEqual(rows[0], ['allocator', 'n = 16'])
        self.assertEqual([row[0] for row in rows[2:]], ['mm', 'any allocator'])

    def test_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x.md'
            support.mdriver('--no-timing', '--markdown', path, '-v', '0',
                            'tests/traces/small.rep')
            self.assertIn('| small.rep | yes |', path.read_text())
