"""tools/handout: what it writes builds apart from the lab, judges as the lab
does, and holds no solution.
"""
from __future__ import annotations

import json
import os
import re
import tempfile
import unittest
from pathlib import Path

import support
from support import ROOT, account, run

support.in_release_only('one build is enough')

CLASSIC = ROOT / 'assignments/classic.json'
QUICK = '--no-timing', '-f', 'structs', '-f', 'realloc-growth'


def handout(assignment: Path, folder: Path) -> support.Finished[str]:
    return run(ROOT / 'tools/handout', assignment, folder)


class Folder(unittest.TestCase):
    """A handout of the classic lab, built."""

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        cls.folder = cls.scratch / 'new/lab'
        done = handout(CLASSIC, cls.folder)
        assert (done.returncode, done.stderr) == (0, ''), account(done)
        cls.files = {str(path.relative_to(cls.folder))
                     for path in cls.folder.rglob('*') if path.is_file()}
        cls.built = run('env', '-i', f'PATH={os.environ["PATH"]}', 'make',
                        'OPT=-O0 -g0', cwd=cls.folder)
        assert cls.built.returncode == 0, account(cls.built)

    def here(self, *words: str):
        return run(*words, cwd=self.folder)

    def test_nothing_warns(self) -> None:
        self.assertEqual(self.built.stderr, '')

    def test_no_solution_is_in_it(self) -> None:
        tops = {name.partition('/')[0] for name in self.files}
        self.assertEqual(tops, {
            '.clang-format', '.gitignore', 'Makefile', 'README.md',
            'assignment.json', 'docs', 'driver', 'mdriver.c', 'memlib.c',
            'VERSION', 'memlib.h', 'mm.c', 'mm.h', 'page_map.h', 'traces'})
        flagship = (ROOT / 'mm.c').read_text()
        self.assertNotEqual((self.folder / 'mm.c').read_text(), flagship)

    def test_the_driver_is_the_labs(self) -> None:
        for name in self.files:
            if name.startswith(('driver/', 'mdriver.c', 'memlib')):
                self.assertEqual((self.folder / name).read_bytes(),
                                 (ROOT / name).read_bytes(), name)
        self.assertEqual({str(p.relative_to(ROOT)) for p in
                          (ROOT / 'driver').rglob('*') if p.is_file()},
                         {n for n in self.files if n.startswith('driver/')})

    def test_it_judges_as_the_lab_does(self) -> None:
        reports = []
        for mdriver, more in ((self.folder / 'mdriver', ()),
                              (support.MDRIVER, ('--assignment', CLASSIC))):
            done = run(mdriver, *more, '--json', '-', *QUICK, '--allocator',
                       f'mm={self.folder}/build/release/mm.so', cwd=ROOT)
            self.assertEqual(done.returncode, 0, account(done))
            reports.append(json.loads(done.stdout))
        here, lab = reports
        self.assertEqual(here['align'], 8)
        for key in 'verdict', 'utilization', 'weight', 'peak_footprint':
            self.assertEqual([one[key] for one in here['results']],
                             [one[key] for one in lab['results']])

    def test_the_starter_passes_and_its_audit_is_called(self) -> None:
        done = self.here('./mdriver', '-V', '-d', '2', *QUICK)
        self.assertEqual(done.returncode, 0, account(done))
        self.assertIn('2 of 2', done.stdout)
        text = (self.folder / 'mm.c').read_text()
        worse = text.replace('b->size = size;', 'b->size = size + 8;')
        self.assertNotEqual(text, worse)
        (self.folder / 'worse.c').write_text(worse)
        self.addCleanup((self.folder / 'worse.c').unlink)
        self.here('make', '-s', 'build/release/worse.so')
        done = self.here('./mdriver', '-d', '2', '--allocator', 'worse', *QUICK)
        self.assertEqual(done.returncode, 1, account(done))
        self.assertIn('bad-heap', done.stdout)

    def test_a_fault_is_shown_again_as_it_was_judged(self) -> None:
        """With what the assignment here would have otherwise."""
        done = self.here('./mdriver', '--no-timing', '--align', '16',
                         '--heap-limit', '1G', '-f', 'structs')
        self.assertIn('misaligned: ', done.stdout, account(done))
        commands = re.findall(r'^ +(?:gdb .* )?\./mdriver (.*)$', done.stdout,
                              re.M)
        self.assertEqual(len(commands), 2, account(done))
        for words in commands:
            self.assertIn('--align 16 --heap-limit 1073741824 ', words)

    def test_all_traces_are_replayed(self) -> None:
        done = self.here('./mdriver', '--list')
        listed = re.findall(r'^  (\S+\.rep\S*)', done.stdout, re.M)
        self.assertEqual(listed, list(json.loads(
            CLASSIC.read_text())['traces']))

    def test_help_names_what_is_there(self) -> None:
        text = self.here('make', '-s', 'help').stdout
        for name in re.findall(r'^make ([a-z-]+)', text, re.M):
            self.assertEqual(self.here('make', '-n', name).returncode, 0)
        self.assertNotIn('handin', text)

    def test_pages_lead_nowhere_else(self) -> None:
        for name in self.files:
            if not name.endswith('.md'):
                continue
            page = self.folder / name
            for link in re.findall(r'\]\(([^)]+)\)', page.read_text()):
                target = page.parent / link.partition('#')[0]
                self.assertTrue(target.exists(), f'{name}: {link}')
        hour = (self.folder / 'docs/first-hour.md').read_text()
        for absent in ('variants/', 'tests/', 'tools/', '<!-- lab'):
            self.assertNotIn(absent, hour)

    def test_the_readme_says_what_is_asked(self) -> None:
        text = (self.folder / 'README.md').read_text()
        for part in ('a multiple of 8', '128M', '`memmove`', 'up to 60 points',
                     '| perl-index.rep.gz | utilization and throughput |',
                     'libjson-c-dev', 'gdb valgrind',
                     'operations per 1,000 instructions'):
            self.assertIn(part, text)
        self.assertNotRegex(text, r'@[A-Z]+@')

    def test_without_valgrind_one_line_says_what_to_do(self) -> None:
        counter = self.folder / 'build/release/counter'
        away = self.scratch / 'counter'
        counter.rename(away)
        self.addCleanup(away.rename, counter)
        done = run(self.folder / 'mdriver', '-f', 'structs', cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertEqual(done.stderr.count('\n'), 1)
        for part in 'apt-get install valgrind', '--measure time':
            self.assertIn(part, done.stderr)

    def test_an_assignment_that_is_wrong_is_told(self) -> None:
        path = self.folder / 'build/release/assignment.json'
        good = path.read_text()
        self.addCleanup(path.write_text, good)
        path.write_text('{}')
        done = self.here('./mdriver', *QUICK)
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.endswith(
            'assignment.json:1: it has no "name"\n'), done.stderr)


class Refusals(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def refused(self, assignment: Path, folder: Path, said: str) -> None:
        done = handout(assignment, folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (2, '', said + '\n'))

    def test_a_folder_that_is_not_empty(self) -> None:
        kept = self.scratch / 'kept'
        kept.write_text('mine')
        for folder in self.scratch, kept:
            self.refused(CLASSIC, folder, f'{folder}: it is there already, '
                         'and no empty folder')
        self.assertEqual(list(self.scratch.iterdir()), [kept])

    def test_a_trace_that_is_not_there(self) -> None:
        path = self.scratch / 'a.json'
        path.write_text(CLASSIC.read_text().replace('structs', 'nonesuch'))
        self.refused(path, self.scratch / 'x',
                     f'{path}: "traces": there is no traces/nonesuch.rep')
        self.assertFalse((self.scratch / 'x').exists())

    def test_a_wrong_assignment(self) -> None:
        path = self.scratch / 'a.json'
        path.write_text('{"nmae": "x"}')
        self.refused(path, self.scratch / 'x', f'{path}:1: "nmae" is no key of '
                     'an assignment; the nearest is "name"')

    def test_where_nothing_can_be_written(self) -> None:
        folder = CLASSIC / 'x'
        self.refused(CLASSIC, folder,
                     f'{CLASSIC}: cannot write it: File exists')


class Secret(unittest.TestCase):
    """Students learn that there are twins, and not what makes them."""

    def test_the_seed_is_nowhere(self) -> None:
        whole = json.loads(CLASSIC.read_text())
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / 'lab'
            source = Path(scratch) / 'a.json'
            source.write_text(json.dumps(
                {**whole, 'name': 'Übung',
                 'secret': {'seed': 'k3ep-it', 'counts': 'secret'}}))
            done = handout(source, folder)
            self.assertEqual(done.returncode, 0, account(done))
            self.assertEqual(
                json.loads((folder / 'assignment.json').read_text()),
                {**whole, 'name': 'Übung'})
            for path in folder.rglob('*'):
                if path.is_file():
                    self.assertNotIn(b'k3ep-it', path.read_bytes(), path)
            self.assertRegex((folder / 'README.md').read_text(),
                             r'only\s+the\s+twins\s+count')


class Labs(unittest.TestCase):
    """The starter of each lab compiles to its contract, and passes."""

    def test_each(self) -> None:
        whole = json.loads(CLASSIC.read_text())
        for lab, align in ('house', 16), ('csapp', 8), ('cmu', 16):
            with self.subTest(lab), tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                (folder / 'a.json').write_text(json.dumps(
                    {**whole, 'lab': lab, 'alignment': align}))
                done = handout(folder / 'a.json', folder / 'lab')
                self.assertEqual(done.returncode, 0, account(done))
                built = run('make', 'build/release/mm.so', cwd=folder / 'lab')
                self.assertEqual((built.returncode, built.stderr), (0, ''))
                done = run(support.MDRIVER, '--assignment', folder / 'a.json',
                           *QUICK, '--allocator',
                           folder / 'lab/build/release/mm.so', cwd=ROOT)
                self.assertEqual(done.returncode, 0, account(done))
                self.assertIn('2 of 2', done.stdout)


if __name__ == '__main__':
    unittest.main()
