"""README and docs/: every command runs, and every link leads somewhere.

A command is an indented line that begins with `$ `. The commands of a page run
in order, in a copy of the tree with its build. A command must exit with status
0, or with N where `<!-- exit N -->` stands on the line before it. Lines below a
command are its output: they must be printed in that order. Figures and widths
of columns may differ, and `...` stands for any lines.
"""
from __future__ import annotations

import ctypes
import itertools
import os
import re
import shutil
import tempfile
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from support import BUILD, IN_RELEASE, ROOT, account, run, sources

PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
# Commands that do not run here, and why. Their options are still parsed: see
# parsed_only.
NOT_RUN = {
    r'tools/start': 'installs packages, and runs all traces or all tests',
    r'make (bench|test-programs|bench-programs)': 'takes minutes',
    r'./mdriver -l$': 'replays the whole corpus',
    r'./mdriver --watch -f': 'needs a terminal',
    r'./mdriver --adversary robson --alloc': 'takes more than a few seconds',
    r'tools/bench (scaling|threads|exchange|memory-return|judge|record|look|pareto)':
        'takes more than a few seconds',
    r'tools/bench misuse': 'test_misuse.py compares it',
    r'tools/grade check': 'takes more than a few seconds',
    r'tools/(grade|sweep) .* --engine': 'needs other machines',
    r'tools/bench worst': 'needs ptrace',
    r'tools/programs (test|bench)': 'needs programs that may not be installed',
    r'tools/plot (map.*(-a|--by|python-)|bars|pareto|causes.*lynx|waste|holes|'
    r'distributions|correlation|all)': 'takes more than a few seconds, all together',
    r'tools/traces (list|check)': 'reads the whole corpus',
    r'tools/report -o (all|ladder)': 'takes more than a few seconds',
    r'tools/record .*gcc': 'needs the compiler named gcc',
    r'make man': 'needs help2man: test_man.py',
}


@dataclass
class Command:
    text: str
    line: int
    status: int
    output: list[str] = field(default_factory=list)


def commands(page: Path) -> Iterator[Command]:
    """The commands of a page, with the output that the page quotes."""
    command, status = None, 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        directive = re.fullmatch(r'<!-- exit (\d+) -->', line)
        if line.startswith('    $ ') or directive or not line.startswith(' '):
            if command and line:
                yield command
                command = None
        if directive:
            status = int(directive[1])
        elif line.startswith('    $ '):
            command, status = Command(line[6:], number, status), 0
        elif command and line.startswith('    '):
            command.output.append(line[4:])
    if command:
        yield command


# Parses the options of each of its arguments, a command of tools/, in one
# process: many commands import the same large modules. Prints those that are
# right.
PARSER = """
import argparse, runpy, shlex, sys

def and_no_more(parse):
    def parse_only(*words):
        parse(*words)
        sys.exit(0)
    return parse_only

for name in 'parse_args', 'parse_intermixed_args':
    setattr(argparse.ArgumentParser, name,
            and_no_more(getattr(argparse.ArgumentParser, name)))
sys.path.insert(0, 'tools')
for line in sys.argv[1:]:
    sys.argv = shlex.split(line)
    try:
        runpy.run_path(sys.argv[0], run_name='__main__')
    except SystemExit as end:
        if not end.code:
            print(line)
"""


def parsed_only(command: str) -> str:
    """The command, changed so that it only parses its options."""
    if command.startswith('make'):
        return command.replace('make', 'make -n', 1)
    if command.startswith('tools/start'):
        return command.replace('tools/start', 'tools/start --dry-run', 1)
    return f'{command} --usage' if command.startswith('./mdriver') else command


def quoted_elsewhere(command: Command) -> bool:
    """Does it run for another page, which quotes its output?"""
    return not command.output and any(
        other.text == command.text and other.output
        for page in PAGES for other in commands(page))


FIGURE = r'(?:0x[\da-f]+|\d[\d,.]*)'


def as_pattern(line: str) -> str:
    """A quoted line as a regular expression: any figures, any widths."""
    words = (FIGURE.join(map(re.escape, re.split(FIGURE, word)))
             for word in line.split())
    return r'\s*' + r'\s+'.join(words) + r'\s*'


def first_missing(quoted: list[str], printed: list[str]) -> str | None:
    """The first quoted line that is not printed where it should be."""
    rest, anywhere = iter(printed), False
    for line in quoted:
        if line.strip() == '...':
            anywhere = True
            continue
        pattern = as_pattern(line)
        for found in rest:
            if re.fullmatch(pattern, found):
                break
            if not anywhere:
                return line
        else:
            return line
        anywhere = False
    return None


def installed(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@unittest.skipUnless(IN_RELEASE, 'the pages describe the release build')
class Commands(unittest.TestCase):
    def copy_of_the_tree(self) -> Path:
        """Traces and build are linked: what writes them makes new files."""
        scratch = tempfile.mkdtemp(prefix='docs-', dir=ROOT / 'build')
        self.addCleanup(shutil.rmtree, scratch)
        tree = Path(scratch) / 'tree'
        shutil.copytree(ROOT, tree, symlinks=True, ignore=lambda folder, _:
                        ('.git', 'build', 'traces') if Path(folder) == ROOT
                        else ('__pycache__',))
        shutil.copytree(ROOT / 'traces', tree / 'traces',
                        copy_function=os.link)
        shutil.copytree(BUILD, tree / 'build/release', symlinks=True,
                        copy_function=os.link)
        (tree / 'mdriver').unlink(missing_ok=True)
        (tree / 'mdriver').symlink_to('build/release/mdriver')
        return tree

    def check(self, command: Command, script: list[str], tree: Path) -> None:
        done = run('sh', '-c', '\n'.join(script), cwd=tree, timeout=900)
        self.assertEqual(done.returncode, command.status, account(done))
        missing = first_missing(command.output, done.stdout.splitlines() +
                                done.stderr.splitlines())
        self.assertIsNone(missing, account(done))

    def parse(self, lines: list[str], tree: Path) -> None:
        """Options of the tools in Python, all together."""
        done = run('/usr/bin/python3', '-c', PARSER, *lines, cwd=tree,
                   timeout=900)
        self.assertEqual(done.stdout.splitlines(), lines, done.stderr)

    def page(self, name: str) -> None:
        tree = self.copy_of_the_tree()
        settings: list[str] = []
        later: list[str] = []
        for command in commands(ROOT / name):
            text = command.text
            if 'libjemalloc' in text and not installed('libjemalloc.so.2'):
                continue
            if text.startswith('export '):
                settings.append(text)
            if any(re.match(start, text) for start in NOT_RUN) or \
                    text.startswith('tools/') and quoted_elsewhere(command):
                text = parsed_only(text)
                command.output = []
                if text.startswith('tools/') and '--dry-run' not in text:
                    later.append(text)
                    continue
            with self.subTest(f'{name}:{command.line}: {text}'):
                self.check(command, [*settings, text], tree)
        self.parse(later, tree)

    def test_every_page_has_a_test(self) -> None:
        tested = {path for path in PAGES
                  if hasattr(self, f'test_{path.stem.replace("-", "_")}')}
        self.assertEqual({path.name for path in PAGES if path not in tested
                          and list(commands(path))}, set())

    def test_README(self) -> None:
        self.page('README.md')

    def test_first_hour(self) -> None:
        self.page('docs/first-hour.md')

    def test_judge(self) -> None:
        self.page('docs/judge.md')

    def test_grading(self) -> None:
        self.page('docs/grading.md')

    def test_traces(self) -> None:
        self.page('docs/traces.md')

    def test_pictures(self) -> None:
        self.page('docs/pictures.md')

    def test_processes(self) -> None:
        self.page('docs/processes.md')

    def test_bounds(self) -> None:
        self.page('docs/bounds.md')

    def test_benchmarks(self) -> None:
        self.page('docs/benchmarks.md')


def anchors(page: Path) -> set[str]:
    """The names by which links may point into a page."""
    return {re.sub(r'[^\w -]', '', head.lower()).replace(' ', '-')
            for head in re.findall(r'^#+ (.*)', page.read_text(), re.M)}


# Names of files that a reader makes, or that stand for others.
MADE_UP = {'variants/mine.c', 'libraries/lab/NAME.c'}


@unittest.skipUnless(IN_RELEASE, 'the pages are the same in every build')
class Pages(unittest.TestCase):
    def test_links_lead_somewhere(self) -> None:
        for page in PAGES:
            for link in re.findall(r'\]\(([^)]+)\)', page.read_text()):
                path, _, anchor = link.partition('#')
                target = page.parent / path if path else page
                with self.subTest(f'{page.name}: {link}'):
                    self.assertTrue(path.startswith('http') or
                                    target.exists())
                    self.assertTrue(not anchor or anchor in anchors(target))

    def test_pages_that_the_code_names_exist(self) -> None:
        for path in itertools.chain(*(sources(f'*{suffix}') for suffix
                                      in ('.c', '.h', '.py', '.mk', '.js'))):
            for name in re.findall(r'\bdocs/[\w-]+\.md', path.read_text()):
                with self.subTest(f'{path.relative_to(ROOT)}: {name}'):
                    self.assertTrue((ROOT / name).exists())

    def test_files_that_the_pages_name_exist(self) -> None:
        rooms = 'assignments bench compat driver libraries runtime tests tools variants'
        file = rf'(?<![\w/.-])(?:{rooms.replace(" ", "|")})/[\w./-]*\w'
        for page in PAGES:
            for name in re.findall(file, page.read_text()):
                with self.subTest(f'{page.name}: {name}'):
                    self.assertTrue(name in MADE_UP or (ROOT / name).exists())

    def test_every_picture_is_shown(self) -> None:
        shown = {name for page in PAGES for name in
                 re.findall(r'pictures/([\w-]+\.png)\)', page.read_text())}
        self.assertEqual({path.name for path in
                          (ROOT / 'docs/pictures').iterdir()}, shown)

    def test_every_quoted_exemption_is_needed(self) -> None:
        texts = [command.text for page in PAGES for command in commands(page)]
        for start in NOT_RUN:
            with self.subTest(start):
                self.assertTrue(any(re.match(start, text) for text in texts))


if __name__ == '__main__':
    unittest.main()
