"""tools/generate --like, and tools/likeness which says what it is worth."""
from __future__ import annotations

import gzip
import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
import unittest
from bisect import bisect_right
from collections import Counter
from pathlib import Path

import samples
import support
from rep_checker import check_text


support.in_release_only('the tools are the same in every build')
support.only_with('numpy')

TOOLS = support.ROOT / 'tools'
MATPLOTLIB = importlib.util.find_spec('matplotlib')
TRACES = support.ROOT / 'traces'
GIT, PIPELINE, SED = (TRACES / f'{name}.rep.gz' for name in (
    'git-log', 'python-pipeline', 'sed-wrap'))
DISTANCES = ('sizes', 'lifetimes', 'lifetimes by size', 'live blocks',
             'live bytes')

Life = tuple[tuple[str, ...], ...]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == '.gz' else data).decode()


def operations(path: Path) -> list[list[str]]:
    """The words of each operation of a text trace."""
    return [line.split() for line in text_of(path).splitlines()[4:]]


def lives_of(path: Path) -> Counter[Life]:
    """What is asked of each block in its life, without its number."""
    lives: dict[str, list[tuple[str, ...]]] = {}
    for kind, block, *rest in operations(path):
        lives.setdefault(block, []).append((kind, *rest))
    lives.pop('-1', None)
    return Counter(tuple(life) for life in lives.values())


def samples_of(path: Path) -> dict[str, list[int]]:
    """Sizes, lifetimes and live counts by the book: one operation at a time."""
    found: dict[str, list[int]] = {name: [] for name in DISTANCES}
    sizes: dict[str, int] = {}
    birth: dict[str, int] = {}
    born = 0
    for kind, block, *rest in operations(path):
        numbers = [int(word) for word in rest]
        if kind == 'f':
            if block != '-1':
                found['lifetimes'].append(born - 1 - birth.pop(block))
                del sizes[block]
            continue
        sizes[block] = numbers[0] * numbers[1] if kind == 'c' else numbers[-1]
        found['sizes'].append(sizes[block])
        if kind != 'r':
            birth[block] = born
            born += 1
            found['live blocks'].append(len(sizes))
            found['live bytes'].append(sum(sizes.values()))
    found['lifetimes'] += [born - 1 - at for at in birth.values()]
    return found


def distance(a: list[int], b: list[int]) -> float:
    a, b = sorted(a), sorted(b)
    return max(abs(bisect_right(a, v) / len(a) - bisect_right(b, v) / len(b))
               for v in {*a, *b})


class Copies(samples.Samples):
    def generate(self, *words: str | Path, status: int = 0
                 ) -> support.Finished[str]:
        finished = support.run(TOOLS / 'generate', *words)
        self.assertEqual(finished.returncode, status,
                         support.account(finished))
        return finished

    def copy(self, original: Path, name: str, *words: str | int) -> Path:
        path = self.folder / name
        self.generate('--like', original, '-o', path, *map(str, words))
        return path

    def likeness(self, a: Path, b: Path, *words: str | Path, status: int = 0
                 ) -> dict[str, list[str]]:
        """The rows of its tables by their names."""
        finished = support.run(TOOLS / 'likeness', a, b, *words)
        self.assertEqual(finished.returncode, status,
                         support.account(finished))
        rows = [re.split('  +', line)
                for line in finished.stdout.splitlines() if line]
        return {name: cells for name, *cells in rows}

    def distances(self, a: Path, b: Path, status: int = 0) -> dict[str, float]:
        rows = self.likeness(a, b, status=status)
        return {name: float(rows[name][0]) for name in DISTANCES}


class Likeness(Copies):
    def test_copies_are_like_their_originals(self) -> None:
        for original in GIT, PIPELINE:
            with self.subTest(original.name):
                copy = self.copy(original, 'copy.rep')
                found = self.distances(original, copy)
                self.assertLessEqual(found.pop('sizes'), 0.02)
                self.assertLessEqual(max(found.values()), 0.05)

    def test_so_are_longer_ones(self) -> None:
        copy = self.copy(GIT, 'long.repb', '--ops', 600_000)
        rows = self.likeness(GIT, copy)
        self.assertEqual(rows['operations'], ['43822', '600000'])
        self.assertLess(float(rows['live blocks'][0]), 0.05)
        most = [int(cell) for cell in rows['most live blocks']]
        self.assertLess(most[1], 1.1 * most[0])

    def test_the_figures_are_those_of_another_count(self) -> None:
        copy = self.copy(SED, 'sed.rep')
        found = self.distances(SED, copy)
        a, b = samples_of(SED), samples_of(copy)
        for name in DISTANCES:
            if name != 'lifetimes by size':
                self.assertAlmostEqual(found[name], distance(a[name], b[name]),
                                       delta=0.0006)
        rows = self.likeness(SED, copy)
        blocks = len(a['lifetimes'])
        kinds = Counter(words[0] for words in operations(SED))
        self.assertEqual(rows['blocks'][0], str(blocks))
        self.assertEqual(rows['of them by calloc'][0],
                         f'{100 * kinds["c"] / blocks:.2f}%')
        self.assertEqual(rows['most live bytes'][0], str(max(a['live bytes'])))

    def test_a_trace_is_like_itself(self) -> None:
        self.assertEqual(set(self.distances(SED, SED).values()), {0})

    def test_utilization(self) -> None:
        copy = self.copy(SED, 'util.repb')
        rows = self.likeness(SED, copy, '--allocator', 'mm,explicit')
        _, report = support.mdriver_json('--allocator', 'explicit', '-f', copy,
                                         '--no-timing', '--bounds')
        result = report['results'][0]
        self.assertEqual(rows['util of explicit'][1],
                         f'{100 * result["utilization"]:.1f}%')
        self.assertEqual(rows['util of best fit'][1],
                         f'{100 * result["bounds"]["best_fit"]:.1f}%')
        for name in 'util of mm', 'util of best fit':
            one, other = (float(cell[:-1]) for cell in rows[name])
            self.assertLess(abs(one - other), 5)

    @unittest.skipUnless(MATPLOTLIB, 'not installed: python3-matplotlib')
    def test_pictures(self) -> None:
        """The formats are matplotlib's; an SVG has its own metadata."""
        for suffix, magic in (('png', b'\x89PNG'), ('svg', b'<?xml')):
            path = self.folder / f'picture.{suffix}'
            self.likeness(SED, SED, '-o', path)
            self.assertEqual(path.read_bytes()[:len(magic)], magic)


class WrongModels(Copies):
    """What a copy could get wrong has to show."""

    def rewritten(self, name: str, lines: list[str]) -> Path:
        ids = sum(line[0] in 'acm' for line in lines)
        return self.write(name, samples.text_of(lines, ids))

    def differs(self, copy: Path, *names: str) -> None:
        found = self.distances(GIT, copy, status=1)
        for name in names:
            self.assertGreater(found[name], 0.06, found)

    def test_sizes_dealt_out_anew(self) -> None:
        """All sizes and all lifetimes are right, but not together."""
        words = [word for word in operations(GIT) if word[0] != 'r']
        sizes = [word[-1] for word in words if word[0] == 'a']
        plain = [' '.join(word) for word in words]
        half = len(sizes) // 2
        turned = iter(sizes[half:] + sizes[:half])
        shuffled = [f'a {word[1]} {next(turned)}' if word[0] == 'a' else
                    ' '.join(word) for word in words]
        a = self.rewritten('plain.rep', plain)
        b = self.rewritten('shuffled.rep', shuffled)
        found = self.distances(a, b, status=1)
        self.assertEqual(found['lifetimes'], 0)
        self.assertEqual(found['live blocks'], 0)
        self.assertEqual(found['sizes'], 0)
        self.assertGreater(found['lifetimes by size'], 0.06)
        self.assertGreater(found['live bytes'], 0.06)

    def test_other_sizes(self) -> None:
        lines = [f'{" ".join(word[:-1])} {int(word[-1]) + 8}'
                 if word[0] in 'ar' else ' '.join(word)
                 for word in operations(GIT)]
        self.differs(self.rewritten('larger.rep', lines), 'sizes')

    def test_nothing_is_freed(self) -> None:
        lines = [' '.join(word) for word in operations(GIT) if word[0] != 'f']
        self.differs(self.rewritten('kept.rep', lines), 'lifetimes',
                     'live blocks', 'live bytes')

    def test_a_session_that_keeps_its_blocks(self) -> None:
        """Ten times as long, ten times as many blocks live."""
        lines: list[str] = []
        begun = 0
        for _ in range(10):
            for kind, block, *rest in operations(GIT):
                number = str(begun + int(block)) if block != '-1' else '-1'
                lines.append(' '.join([kind, number, *rest]))
            begun = sum(line[0] in 'acm' for line in lines)
        self.differs(self.rewritten('leaking.rep', lines), 'live blocks',
                     'live bytes')

    def test_one_phase_alone(self) -> None:
        """Lifetimes are kept, but the time when long ones end is not."""
        path = self.folder / 'loose.repb'
        self.generate('--like', GIT, '-o', path, 'phases=1', 'run=1')
        self.differs(path, 'live blocks', 'live bytes')


class Sound(Copies):
    """Copies are valid, complete, and the same everywhere."""

    def test_each_block_keeps_its_life(self) -> None:
        for original in PIPELINE, TRACES / 'aligned.rep':
            with self.subTest(original.name):
                copy = self.copy(original, 'lives.rep')
                self.assertEqual(lives_of(copy), lives_of(original))

    def test_it_is_no_replay(self) -> None:
        words = operations(self.copy(GIT, 'order.rep'))
        same = sum(a[0] == b[0] and a[2:] == b[2:]
                   for a, b in zip(words, operations(GIT)))
        self.assertLess(same, 0.5 * len(words))

    def test_valid_and_as_long_as_asked_for(self) -> None:
        for original, ops in ((PIPELINE, 100_000), (SED, 30_000), (SED, 100)):
            copy = self.copy(original, 'valid.rep', '--ops', ops)
            checked = check_text(text_of(copy))
            self.assertEqual(checked.ops, ops)
            self.assertEqual(checked.threaded, original == PIPELINE)

    def test_any_length_and_form(self) -> None:
        """Headers are written before the operations; mdriver counts again."""
        folder = self.folder / 'lengths'
        folder.mkdir()
        code = ('import sys\nfrom malloclab.copies import copying\n'
                'for n in range(1, 60):\n for end in "rep", "repb":\n'
                '  order = copying.CopyRequest(sys.argv[1], n, 1, {})\n'
                '  copying.copy(order, f"{sys.argv[2]}/{n}.{end}")\n')
        # Blocks that are never freed, so that sessions end with frees.
        trace = self.write('some.rep', samples.text_of(
            ['a 0 10', 'f -1', 'c 1 3 5', 'r 0 40', 'a 2 0', 'f 1', 'a 3 7',
             'f 3', 'm 4 64 9', 'r 4 80'], 5))
        made = support.run(sys.executable, '-c', code, trace, folder, cwd=TOOLS)
        self.assertEqual(made.stderr, '')
        for n in range(1, 60):
            self.good('--pack', folder / 'again', '-f', folder / f'{n}.rep')
            self.assertEqual((folder / 'again').read_bytes(),
                             (folder / f'{n}.repb').read_bytes(), n)

    def test_sessions_end_with_nothing_live(self) -> None:
        ops = len(operations(SED))
        left = sum(life[-1][0] != 'f' for life in lives_of(SED).elements())
        copy = self.copy(SED, 'two.rep', '--ops', ops + left)
        self.assertEqual(check_text(text_of(copy)).live, 0)

    def test_compressed_forms_say_the_same(self) -> None:
        text = text_of(self.copy(SED, 'x.rep'))
        self.assertEqual(text_of(self.copy(SED, 'x.rep.gz')), text)
        again = self.copy(SED, 'y.rep.gz')
        self.assertEqual(again.read_bytes(),
                         (self.folder / 'x.rep.gz').read_bytes())
        self.assertEqual(self.generate('--like', SED).stdout, text)
        if not shutil.which('zstd'):
            self.skipTest('there is no zstd')
        self.good('--pack', self.folder / 'z', '-f',
                  self.copy(SED, 'x.rep.zst'))
        self.good('--pack', self.folder / 'x', '-f', self.folder / 'x.rep')
        self.assertEqual((self.folder / 'z').read_bytes(),
                         (self.folder / 'x').read_bytes())

    def test_same_seed_same_bytes(self) -> None:
        one, same, other = (
            self.copy(SED, f'{seed}.repb', '--seed', seed).read_bytes()
            for seed in ('7', '07', '8'))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)

    def test_the_copy_never_changes(self) -> None:
        """On other machines and with other versions of numpy, too."""
        ops = ['a 0 10', 'a 1 20', 'f 0', 'a 2 30', 'f 1', 'a 3 40', 'f 2',
               'a 4 50', 'a 5 60', 'f 5', 'f 4', 'a 6 70', 'f 3', 'a 7 80']
        trace = self.write('eight.rep', samples.text_of(ops, 8))
        text = self.generate('--like', trace, 'phases=2', 'run=1').stdout
        self.assertEqual(text.split('\n')[4:-1], COPIED)

    def test_a_copy_of_a_copy(self) -> None:
        copy = self.copy(SED, 'first.repb', '--ops', 40_000)
        second = self.copy(copy, 'second.rep.gz')
        self.assertEqual(check_text(text_of(second)).ops, 40_000)


COPIED = ['a 0 20', 'a 1 30', 'f 0', 'a 2 10', 'f 1', 'a 3 40', 'f 2', 'a 4 60',
          'f 4', 'a 5 70', 'a 6 80', 'f 3', 'a 7 50', 'f 7']


class Refusals(Copies):
    def said(self, *words: str | Path) -> str:
        finished = self.generate(*words, status=2)
        self.assertEqual(finished.stdout, '')
        return finished.stderr

    def test_wrong_arguments(self) -> None:
        target = self.folder / 'never.rep'
        for words, line in (
                (['phases=3'], 'phases and run are given both or not at all'),
                (['phase=3'], '--like has no parameter phase; it has phases, '
                 'run'),
                (['phases=99999', 'run=1'], 'phases has to be from 1 to the '
                 '4226 blocks of the original, run positive'),
                (['phases'], "'phases' is not PARAM=VALUE with an integer")):
            self.assertEqual(self.said('--like', SED, '-o', target, *words),
                             f'tools/generate: {line}\n')
        self.assertIn("'0' is not a positive integer",
                      self.said('--like', SED, '--ops', '0'))
        self.assertFalse(target.exists())

    def test_wrong_traces(self) -> None:
        broken = self.write('broken.rep', '9 1 1 1\nx 0 1\n')
        self.assertRegex(self.said('--like', broken),
                         r"\A\S+broken\.rep:2: .*'x'.*\n\Z")
        none = self.write('none.rep', samples.text_of(['f -1'], 0))
        self.assertIn('it has no block', self.said('--like', none))
        self.assertIn('nowhere.rep: there is no such trace',
                      self.said('--like', 'nowhere.rep'))
        packed = self.copy(SED, 'packed.repb')
        self.assertIn('it is the original itself',
                      self.said('--like', packed, '-o', packed))
        whole = packed.read_bytes()
        packed.write_bytes(whole[:64] + whole[-16:] + whole[80:])
        self.assertRegex(self.said('--like', packed),
                         r'packed\.repb:\d+: the slot is not live\n\Z')
        packed.write_bytes(whole[:-16])
        self.assertIn('packed.repb: the file is cut short',
                      self.said('--like', packed))

    def test_a_folder_is_no_file(self) -> None:
        self.assertIn('Is a directory',
                      self.said('--like', SED, '-o', self.folder))

    def test_likeness_says_what_is_wrong(self) -> None:
        for words, line in (
                ([SED, 'nowhere.rep'], 'nowhere.rep: there is no such trace, '
                 'here or in traces'),
                ([SED, SED, '-o', 'x.gif'], 'x.gif: it has to end in .png, '
                 '.svg, .pdf')):
            finished = support.run(TOOLS / 'likeness', *words,
                                   cwd=support.ROOT)
            self.assertEqual((finished.returncode, finished.stdout), (2, ''))
            self.assertEqual(finished.stderr, f'tools/likeness: {line}\n')

    def test_interrupted_it_leaves_nothing(self) -> None:
        target = self.folder / 'long.repb'
        process = subprocess.Popen(
            [TOOLS / 'generate', '--like', SED, '--ops', '500000000', '-o',
             target], stderr=subprocess.PIPE, text=True)
        support.wait_until(lambda: process.poll() is not None or (
            target.exists() and target.stat().st_size > 10_000))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual((process.returncode, said), (130, ''))
        self.assertFalse(target.exists())


LAUNCHER = '''
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(json.dumps([done.returncode,
                  resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
'''


class Memory(Copies):
    """It must not grow with the operations: four times as many, 12 MB more."""

    SHORT, LONG, MOST_KIB = 250_000, 1_000_000, 3000

    def peak(self, *command: str | Path) -> int:
        """KiB resident; of a process that a small one starts."""
        finished = support.run(sys.executable, '-S', '-c', LAUNCHER, *command,
                               cwd=support.ROOT)
        status, peak = json.loads(finished.stdout)
        self.assertEqual(status, 0, support.account(finished))
        return peak

    def grown(self, command: list[str | Path], *ends: str) -> int:
        short, long = (self.peak(*command, *words.split())
                       for words in ends)
        return long - short

    def test_of_the_generator(self) -> None:
        target = self.folder / 'x.repb'
        command = [sys.executable, TOOLS / 'generate', '--like', SED, '-o',
                   target]
        self.assertLess(self.grown(command, f'--ops {self.SHORT}',
                                   f'--ops {self.LONG}'), self.MOST_KIB)
        self.assertGreater(target.stat().st_size, 16 * self.LONG)

    def test_of_the_driver(self) -> None:
        if support.BUILD.name == 'san':
            self.skipTest('the sanitizer keeps what was freed')
        paths = [self.copy(SED, f'{ops}.repb', '--ops', ops)
                 for ops in (self.SHORT, self.LONG)]
        for words in (['--no-timing', '--allocator', 'mm,libc'],
                      ['--reps', '1', '--allocator', 'mm']):
            command = [support.MDRIVER, *words, '-f']
            self.assertLess(self.grown(command, *map(str, paths)),
                            self.MOST_KIB)
