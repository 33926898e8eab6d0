"""./mdriver --adversary: it plays against allocators that really run."""
from __future__ import annotations

import csv
import io
import json
import math
import shlex
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import support
from rep_checker import check_text
from terminal import Terminal

BAD = support.BUILD / 'bad'
SMALL = 'robson:n=16+64,M=1024,unit=256'

# They give pages back from between live blocks, which the theorem forbids.
RETURNING = {'slab', 'memory_allocator', 'osmem'}


def bound(n: int, budget: int) -> float:
    """Robson's: what no allocator that keeps its pages escapes."""
    return math.log2(n) / 2 + 1 - (n - 1) / budget


def duels(*arguments: str | Path) -> list[dict]:
    finished, result = support.mdriver_json(*arguments)
    if finished.returncode != 0:
        raise AssertionError(support.account(finished))
    assert result['results'] == [] and result['index'] == {}
    return result['adversary']


class Robson(unittest.TestCase):
    def test_nobody_of_the_build_escapes(self) -> None:
        for d in duels('--adversary', SMALL, '--allocator', 'all'):
            with self.subTest(d['allocator'], n=d['n']):
                self.assertEqual(d['verdict'], 'ok')
                self.assertAlmostEqual(d['bound'], bound(d['n'], d['M']))
                self.assertEqual(d['ratio'],
                                 d['peak_footprint'] / (d['M'] * d['unit']))
                if d['allocator'] not in RETURNING | {'libc'}:
                    self.assertGreaterEqual(d['ratio'], d['bound'])
                    self.assertLess(d['ratio'], d['bound'] * (
                        1.5 if d['allocator'] == 'hardened' else 1.25))
                self.assertLessEqual(d['peak_payload'], d['M'] * d['unit'])
                self.assertGreater(d['peak_payload'],
                                   (d['M'] - d['n']) * d['unit'])

    def test_the_larger_the_unit_the_nearer(self) -> None:
        """Headers are what it needs beyond the bound."""
        ratios = [duels('--adversary', f'robson:n=64,M=4096,unit={unit}',
                        '--allocator', 'treap')[0]['ratio']
                  for unit in (16, 1024)]
        self.assertGreater(ratios[0], 1.05 * bound(64, 4096))
        self.assertLess(ratios[1], 1.02 * bound(64, 4096))

    def test_same_again(self) -> None:
        first, second = (duels('--adversary', SMALL) for _ in range(2))
        self.assertEqual(first, second)


class Others(unittest.TestCase):
    def ratio(self, adversary: str, allocator: str) -> float:
        return duels('--adversary', adversary, '--allocator',
                     allocator)[0]['ratio']

    def test_best_fit_has_its_killer(self) -> None:
        killer = 'best-fit:n=64,M=1024'
        self.assertGreater(self.ratio(killer, 'implicit_best'), 64 / math.e)
        self.assertLess(self.ratio(killer, 'implicit'), 3)

    def test_only_saws_forgive(self) -> None:
        self.assertLess(self.ratio('sawtooth:n=16,M=1024', 'treap'), 1.1)
        self.assertGreater(self.ratio('sawtooth:n=16,M=1024', 'naive'), 10)
        self.assertGreater(self.ratio('comb:n=16,M=1024', 'treap'), 1.5)
        self.assertGreater(self.ratio('greedy:n=16,M=1024', 'treap'), 2.5)

    def test_seed(self) -> None:
        ratios = {self.ratio(f'greedy:n=64,M=1024,seed={seed}', 'treap')
                  for seed in range(4)}
        self.assertGreater(len(ratios), 1)


class Record(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name)

    def replayed(self, path: Path, allocator: str) -> int:
        finished = support.mdriver('--no-timing', '--csv', '-', '-f', path,
                                   '--allocator', allocator)
        self.assertEqual(finished.returncode, 0, support.account(finished))
        row = next(csv.DictReader(io.StringIO(finished.stdout)))
        return int(row['peak_footprint'])

    @support.once
    def test_replays_with_the_same_footprint(self) -> None:
        for adversary in 'robson', 'best-fit', 'greedy', 'comb', 'sawtooth':
            for allocator in 'treap', 'slab', 'hmm':
                with self.subTest(adversary, allocator=allocator):
                    path = self.path / 'one.rep'
                    d, = duels('--adversary', f'{adversary}:n=16,M=512',
                               '--allocator', allocator, '--record', path)
                    self.assertEqual(self.replayed(path, allocator),
                                     d['peak_footprint'])

    def test_a_record_is_sound_and_within_the_budget(self) -> None:
        path = self.path / 'one.rep'
        d, = duels('--adversary', 'robson:n=16,M=512', '--record', path)
        text = path.read_text()
        checked = check_text(text)
        self.assertEqual(checked.ops, d['operations'])
        self.assertEqual(checked.peak, d['peak_payload'])
        self.assertLessEqual(checked.peak, 512 * d['unit'])
        self.assertLessEqual(
            max(int(line.split()[2]) for line in text.splitlines()
                if line.startswith('a')), 16 * d['unit'])

    def test_libc_needs_as_much_again(self) -> None:
        path = self.path / 'libc.rep'
        d, = duels('--adversary', 'robson:n=16,M=2048', '--allocator', 'libc',
                   '--record', path)
        self.assertAlmostEqual(self.replayed(path, 'libc'),
                               d['peak_footprint'],
                               delta=0.05 * d['peak_footprint'])

    def test_a_file_for_each_of_several(self) -> None:
        duels('--adversary', SMALL, '--allocator', 'treap,libc', '--record',
              self.path / 'all.rep')
        self.assertEqual(sorted(path.name for path in self.path.iterdir()),
                         ['all.libc-16.rep', 'all.libc-64.rep',
                          'all.treap-16.rep', 'all.treap-64.rep'])
        self.assertNotEqual((self.path / 'all.treap-16.rep').read_text(),
                            (self.path / 'all.treap-64.rep').read_text())


class Verdicts(unittest.TestCase):
    def play(self, bad: str, *more: str) -> tuple[int, dict, str]:
        finished, result = support.mdriver_json(
            '--adversary', 'robson:n=16,M=256,unit=16', '--allocator',
            f'bad={BAD}/{bad}.so', *more)
        return finished.returncode, result['adversary'][0], finished.stdout

    def test_a_wrong_allocator_has_its_verdict(self) -> None:
        for bad in ('data-lost.link-in-the-next-block',
                    'crashed.null-in-free', 'hung.in-free',
                    'bad-heap.audit-says-3', 'bad-heap.later',
                    'init-failed.returns-minus-one', 'load-failed.lacks-free',
                    'overlap.encloses-a-live-block',
                    'wrote-past-heap.one-byte', 'null.always'):
            with self.subTest(bad):
                limit = ['-s', '0.3'] if bad.startswith('hung') else []
                status, duel, table = self.play(bad, *limit)
                self.assertEqual(status, 1)
                self.assertEqual(duel['verdict'], bad.split('.')[0])
                self.assertIn(f"bad: {duel['verdict']}: robson", table)

    def test_the_message_speaks_of_the_record(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / 'bad.rep'
            _, duel, _ = self.play('data-lost.link-in-the-next-block',
                                   '--record', str(path))
            lines = path.read_text().split('\n')
        place, _, words = duel['message'].partition(' finds ')
        _, number, operation = place.split(':')
        self.assertEqual(lines[int(number) - 1], operation.strip())
        self.assertIn(' finds byte ', duel['message'])

    @unittest.skipIf('m32' in support.BUILD.name, 'the judge has 64 bits')
    def test_it_can_be_reproduced(self) -> None:
        _, duel, _ = self.play('data-lost.link-in-the-next-block')
        words = shlex.split(duel['reproduce'])
        command = words[words.index('--args') + 1:]
        again = support.run(*command, cwd=support.ROOT)
        self.assertEqual(again.returncode, 1, support.account(again))
        self.assertIn('data-lost: robson:', again.stdout)


class CommandLine(unittest.TestCase):
    def refuse(self, words: str, *arguments: str) -> None:
        finished = support.mdriver(*arguments)
        self.assertEqual(finished.returncode, 2, support.account(finished))
        self.assertEqual(finished.stderr.count('\n'), 1, finished.stderr)
        self.assertIn(words, finished.stderr)

    def test_wrong_parameters(self) -> None:
        for text, words in [
                ('hobson', "not 'hobson'"),
                ('robson:', 'KEY=VALUE'),
                ('robson:n', 'KEY=VALUE'),
                ('robson:n=', "not ''"),
                ('robson:n=1', 'n is a number from 2'),
                ('robson:n=16+', "not ''"),
                ('robson:n=24', 'power of two'),
                ('comb:n=4+16+4', 'n is given twice as 4'),
                ('robson:n=64,M=32', 'n is at most M, 32'),
                ('robson:M=16T', "not '16T'"),
                ('robson:M=1K,unit=1024', 'M is 2 to'),
                ('robson:unit=24', 'multiple of 16'),
                ('robson:size=3', "not 'size'"),
                ('robson:n=16,n=32', 'n is given twice'),
                ('robson:unit=16,M=64,unit=16', 'unit is given twice'),
                ('greedy:seed=x', 'seed is a number')]:
            with self.subTest(text):
                self.refuse(words, '--adversary', text)

    def test_what_does_not_go(self) -> None:
        robson = '--adversary', 'robson'
        for words in (['-f', 'structs'], ['-c', 'structs'], ['--jobs', '2'],
                      ['--events', '-'], ['--timeline', '-'], ['-g'], ['-A'],
                      ['-p'], ['-T'], ['--bounds'], ['--perturb', '1'],
                      ['--fail-sbrk', '1'], ['--pack', 'x']):
            self.refuse(f'{words[0]} does not go with --adversary, which '
                        'makes traces as it goes: --record one', *robson,
                        *words)
        self.refuse('--record is of', '--record', 'x.rep')
        self.refuse('one n', *robson, '--in-process')
        self.refuse('cannot write', '--adversary', 'robson:n=4,M=16',
                    '--record', '/nowhere/x.rep')
        for ending in 'rep.gz', 'rep.zst', 'repb':
            self.refuse('--record writes text, .rep, not', '--adversary',
                        'robson:n=4,M=16', '--record', f'/nowhere/x.{ending}')

    def test_listed(self) -> None:
        text = support.mdriver('--list', '-f', 'structs').stdout
        for name in 'robson', 'comb', 'sawtooth', 'best-fit', 'greedy':
            self.assertRegex(text, rf'\n  {name} +\w')

    def test_csv_and_table_agree(self) -> None:
        arguments = '--adversary', SMALL, '--allocator', 'treap,slab'
        table = support.mdriver(*arguments).stdout
        rows = csv.DictReader(io.StringIO(
            support.mdriver(*arguments, '--csv', '-').stdout))
        count = 0
        for row in rows:
            line = next(line for line in table.split('\n')
                        if line.startswith(row['allocator']))
            self.assertIn(f"{float(row['ratio']):.3f}", line)
            self.assertEqual(row['verdict'], 'ok')
            count += 1
        self.assertEqual(count, 4)
        self.assertIn(f'{bound(16, 1024):.3f}', table)
        self.assertLessEqual(max(map(len, table.split('\n'))), 80)

    def test_progress_on_a_terminal_only(self) -> None:
        command = [support.MDRIVER, '--adversary', 'comb:n=4,M=64']
        with Terminal(command, cwd=support.ROOT) as terminal:
            self.assertEqual(terminal.ends(), 0)
            self.assertIn('comb: n = 4: mm', terminal.sent)
            self.assertNotIn('n = 4: mm', terminal.text())
        self.assertEqual(support.run(*command, cwd=support.ROOT).stderr, '')

    def test_control_c(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / 'result.json'
            process = subprocess.Popen(
                [support.MDRIVER, '-V', '--json', path, '--adversary',
                 'robson:n=4+8+16+32+64+128+256+512+1024', '--allocator',
                 'mm,implicit_best,pool'], cwd=support.ROOT, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert process.stderr
            self.assertEqual(process.stderr.readline(), 'robson: n = 4: mm\n')
            self.assertEqual(process.stderr.readline(), 'robson: n = 8: mm\n')
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            result = json.loads(path.read_text())
        self.assertEqual(process.returncode, 130, out + err)
        self.assertIn('interrupted', err)
        self.assertTrue(result['interrupted'])
        verdicts = [d['verdict'] for d in result['adversary']]
        self.assertEqual((verdicts[0], verdicts[-1]), ('ok', 'not-run'))
