"""tools/traces: figures of traces, against a plain count of the same."""
from __future__ import annotations

import gzip
import json
import random
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

import samples
import support
from malloclab.generate.recipes import run_recipe
from malloclab.traces import rep
from malloclab.traces.rep import Op

support.in_release_only('the tools are the same in every build')
support.only_with('numpy')

SHARES = {'0%': 0, '1%': .01, '10%': .1, '25%': .25, '50%': .5, '75%': .75,
          '90%': .9, '99%': .99, '100%': 1}


class Block:
    def __init__(self, birth: int, op: Op, clock: int) -> None:
        self.birth, self.thread, self.clock = birth, op.thread, clock
        self.size = self.now = op.payload
        self.resizes = 0


class Count:
    """What the operations amount to, one after the other."""

    def __init__(self, ops: list[Op]) -> None:
        self.sizes: list[int] = []
        self.lives: list[int] = []
        self.bytes: list[int] = []
        self.factors: list[float] = []
        self.chains: list[int] = []
        self.youngest = self.elsewhere = self.copied = self.clock = 0
        live: dict[int, Block] = {}
        for number, op in enumerate(ops):
            if op.id == rep.NULL_ID:
                continue
            if op.kind == 'f' or op.kind == 'r' and op.size == 0:
                self.end(live, number, op)
            elif op.kind == 'r' and op.id in live:
                self.resize(live[op.id], op)
            else:
                self.clock += op.payload
                live[op.id] = Block(number, op, self.clock)
                self.sizes.append(op.payload)
        self.chains += [block.resizes for block in live.values()]
        self.chains = [chain for chain in self.chains if chain]
        self.never = len(live)

    def resize(self, block: Block, op: Op) -> None:
        if block.now:
            self.factors.append(op.size / block.now)
        self.clock += max(0, op.size - block.now)
        self.copied += min(op.size, block.now)
        block.now = op.size
        block.resizes += 1

    def end(self, live: dict[int, Block], number: int, op: Op) -> None:
        block = live.pop(op.id)
        self.lives.append(number - block.birth)
        self.bytes.append(self.clock - block.clock)
        self.chains.append(block.resizes)
        self.elsewhere += block.thread != op.thread
        self.youngest += all(other.birth < block.birth
                             for other in live.values())


def quantiles(values: list[Any]) -> dict[str, Any]:
    ordered = sorted(values)
    return {name: ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
            for name, share in SHARES.items() if ordered}


def octaves(values: list[int]) -> list[int]:
    rows = [value.bit_length() for value in values]
    return [rows.count(row) for row in range(min(rows), max(rows) + 1)]


def drawn(seed: int, ops: int) -> list[Op]:
    """Everything that a trace may do, at random."""
    dice = random.Random(seed)
    live: list[int] = []
    made: list[Op] = []
    while len(made) < ops:
        kind, thread = dice.choice('aaacmrrffff'), dice.randrange(3)
        size = dice.choice([0, 1, 7, 8, 64, dice.randrange(5000)])
        if kind in 'rf' and not live:
            made.append(Op('f', rep.NULL_ID, 0, 0, thread))
        elif kind == 'f' or kind == 'r' and size == 0:
            at = dice.choice([-1, dice.randrange(len(live))])
            made.append(Op(kind, live.pop(at), 0, 0, thread))
        elif kind == 'r':
            made.append(Op('r', dice.choice(live), size, 0, thread))
        else:
            live.append(sum(op.kind in 'acm' for op in made))
            extra = {'a': 0, 'c': dice.randrange(4), 'm': 1 << dice.randrange(9)}
            made.append(Op(kind, live[-1], size, extra[kind], thread))
    return made


class Tool(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.place = Path(directory.name)

    def traces(self, *words: str | Path, status: int = 0
               ) -> support.Finished[str]:
        done = support.run(support.ROOT / 'tools' / 'traces',
                           words[0], '--build', support.BUILD, *words[1:])
        self.assertEqual(done.returncode, status, support.account(done))
        return done

    def info(self, path: Path | str, *more: str) -> dict[str, Any]:
        done = self.traces('info', '--json', path, *more)
        self.assertEqual(done.stderr, '')
        return json.loads(done.stdout)['traces'][0]

    def write(self, text: str, name: str = 'x.rep') -> Path:
        path = self.place / name
        path.write_text(text)
        return path

    def of(self, ops: list[Op]) -> dict[str, Any]:
        path = self.place / 'ops.rep'
        path.write_bytes(rep.encode(ops, any(op.thread for op in ops))[0])
        return self.info(path)


class Figures(Tool):
    def test_every_kind_of_operation(self) -> None:
        f = self.info(self.write(samples.EVERY))
        self.assertEqual(f['form'], 'text (classic header)')
        self.assertEqual(f['operations'], {
            'all': 13, 'malloc': 3, 'calloc': 1, 'memalign': 1, 'realloc': 2,
            'realloc(NULL)': 0, 'realloc(0)': 1, 'free': 4, 'free(NULL)': 1})
        self.assertEqual((f['ids'], f['blocks']), (4, 5))
        self.assertEqual(f['payload']['peak'], samples.EVERY_PEAK)
        self.assertEqual(f['payload']['peak_operation'], 7)
        self.assertEqual(f['live_blocks']['peak'], 4)
        self.assertEqual(f['live_blocks']['peak_operation'], 6)
        self.assertEqual(f['alignments'], [{'alignment': 64, 'count': 1}])
        self.assertEqual((f['calloc_share'], f['aligned_share']), (.2, .2))
        self.assertEqual(f['threads']['all'], 3)
        self.assertEqual(f['threads']['freed_by_another_share'], .6)
        self.assertEqual(f['reallocs']['longest_chain'],
                         {'reallocs': 1, 'size': 100, 'largest': 300})

    def test_what_large_blocks_hold_at_the_peak(self) -> None:
        kilo = 1024
        trace = ('9\n6\n11\n1\na 0 65535\na 1 65536\nf 1\na 2 10\nr 2 65536\n'
                 'c 3 1024 128\nf -1\na 4 100\nf 4\nr 3 70000\na 5 0\n')
        path = self.write(trace)
        payload = self.info(path)['payload']
        large, small = 64 * kilo + 128 * kilo, 65535 + 100
        self.assertEqual(payload['peak'], large + small)
        self.assertAlmostEqual(payload['large_share_at_peak'],
                               large / (large + small))
        self.assertIn('\nat the peak   75.0% in blocks of 65,536 bytes or more\n',
                      self.traces('info', path).stdout)

    def test_realloc_of_a_fresh_id(self) -> None:
        f = self.info(self.write('1 1 3 1\nr 0 50\nr 0 75\nf 0\n'))
        self.assertEqual(f['form'], 'text (later header)')
        self.assertEqual(f['operations']['realloc(NULL)'], 1)
        self.assertEqual(f['reallocs']['factor']['quantiles']['50%'], 1.5)

    def test_a_trace_without_a_block(self) -> None:
        path = self.write('9\n0\n2\n1\nf -1\nf -1\n')
        f = self.info(path)
        self.assertEqual((f['blocks'], f['payload']['peak']), (0, 0))
        self.assertEqual(f['lifetimes']['never_freed_share'], 0)
        self.assertIn('operations    2: free(NULL) 2',
                      self.traces('info', path).stdout)

    def test_a_trace_that_frees_nothing(self) -> None:
        path = self.write('9\n2\n2\n1\na 0 0\na 1 5\n')
        self.assertEqual(self.info(path)['lifetimes']['never_freed_share'], 1)
        self.assertIn('never freed   100.0%', self.traces('info', path).stdout)

    def agrees(self, ops: list[Op]) -> None:
        f, count = self.of(ops), Count(ops)
        life, moved = f['lifetimes'], f['reallocs']
        for figures, values in ((f['sizes'], count.sizes),
                                (life['operations'], count.lives),
                                (life['bytes'], count.bytes),
                                (moved['factor'], count.factors),
                                (moved['chain'], count.chains)):
            self.assertEqual(figures['quantiles'], quantiles(values))
        for rows, numbers in ((f['sizes'], count.sizes),
                              (life['operations'], count.lives)):
            self.assertEqual([row['count'] for row in rows['octaves']],
                             octaves(numbers))
            self.assertEqual(sum(row['sum'] for row in rows['octaves']),
                             sum(numbers))
        freed = len(count.lives)
        self.assertEqual(life['freed'], freed)
        for share, times in ((life['last_in_first_out_share'],
                              count.youngest),
                             (life['freed_soon_share'],
                              sum(n <= 10 for n in count.lives)),
                             (f['threads']['freed_by_another_share'],
                              count.elsewhere)):
            self.assertAlmostEqual(share * freed, times, places=6)
        self.assertEqual(f['live_blocks']['at_end'], count.never)
        self.assertEqual(moved['bytes_if_all_moved'], count.copied)
        self.assertEqual(sum(count.sizes), round(
            f['sizes']['mean'] * f['blocks']))

    def test_recipes_agree_with_a_plain_count(self) -> None:
        for name in 'aligned', 'realloc-growth', 'threads', 'queue':
            with self.subTest(name):
                self.agrees(run_recipe(name, 3, 2000))

    def test_what_is_drawn_agrees_with_a_plain_count(self) -> None:
        for seed, ops in (1, 40), (2, 700), (3, 3000):
            with self.subTest(seed=seed):
                self.agrees(drawn(seed, ops))

    def test_a_stack_is_last_in_first_out_and_a_queue_is_not(self) -> None:
        shares = [self.of(run_recipe(name, 1, 3000))['lifetimes'][
            'last_in_first_out_share'] for name in ('stack', 'queue')]
        self.assertEqual(shares[0], 1)
        self.assertLess(shares[1], .01)

    def test_most_frequent_sizes(self) -> None:
        ops = [Op('a', n, size) for n, size in
               enumerate([5] * 3 + [7] * 4 + [6] * 3 + list(range(10, 30)))]
        self.assertEqual(
            [(row['size'], row['count'])
             for row in self.of(ops)['sizes']['most_frequent'][:4]],
            [(7, 4), (5, 3), (6, 3), (10, 1)])


class Forms(Tool):
    def test_all_forms_have_the_same_figures(self) -> None:
        text = self.write(samples.EVERY)
        paths = [self.place / name for name in ('x.repb', 'x.rep.gz')]
        support.mdriver('-f', text, '--pack', paths[0])
        paths[1].write_bytes(gzip.compress(text.read_bytes()))
        forms = ['binary', 'text (classic header), gzip']
        if shutil.which('zstd'):
            paths.append(self.place / 'x.rep.zst')
            support.run('zstd', '-q', text, '-o', paths[2])
            forms.append('text (classic header), zstd')
        plain = self.info(text)
        for path, form in zip(paths, forms):
            with self.subTest(path.name):
                f = self.info(path)
                self.assertEqual(f.pop('form'), form)
                self.assertEqual(f.pop('path'), str(path))
                self.assertEqual(f, {key: value for key, value
                                     in plain.items() if key in f})

    def test_large_numbers_keep_their_bits(self) -> None:
        most = (1 << 47) - 1
        f = self.of([Op('a', 0, most, 0, 65535), Op('f', 0, 0, 0, 65535),
                     Op('c', 1, 1 << 15, (1 << 32) - 1), Op('m', 2, 1, 1 << 46)])
        self.assertEqual(f['sizes']['quantiles']['100%'], most)
        self.assertEqual(f['sizes']['octaves'][-1]['low'], 1 << 46)
        self.assertEqual(f['payload']['at_end'], ((1 << 32) - 1 << 15) + 1)
        self.assertEqual(f['alignments'][0]['alignment'], 1 << 46)
        self.assertEqual({row['thread'] for row in
                          f['threads']['operations']}, {0, 65535})

    def test_malformed_ones_are_refused_in_the_drivers_words(self) -> None:
        path = self.write('9\n1\n2\n1\na 0 5\nf 1\n', 'bad.rep')
        done = self.traces('info', path, status=2)
        self.assertEqual(done.stderr, f'{path}:6: id 1 is out of range: the '
                         'header declares 1 id\n')
        self.assertEqual(done.stdout, '')

    def test_one_that_is_not_there(self) -> None:
        done = self.traces('info', 'no-such', '-t', self.place, status=2)
        self.assertEqual(done.stderr, 'tools/traces: no-such: there is no such '
                         f'trace, here or in {self.place}\n')

    def test_a_build_without_a_driver(self) -> None:
        path = self.write(samples.EVERY)
        done = support.run(support.ROOT / 'tools' / 'traces', 'info', path,
                           '--build', self.place)
        self.assertEqual((done.returncode, done.stderr), (
            2, f'tools/traces: {self.place}/mdriver is not there: run make\n'))


class Directory(Tool):
    def setUp(self) -> None:
        super().setUp()
        self.write(samples.EVERY)
        self.write('9\n1\n2\n1\na 0 5\nf 0\n', 'y.rep')
        self.write(f'x.rep recorded 13 {samples.EVERY_PEAK} cat 1, now: cat x\n'
                   'y.rep generated 2 5 tools/generate y\n', 'MANIFEST')

    def test_info_says_where_it_is_from(self) -> None:
        f = self.info('x', '-t', str(self.place))
        self.assertEqual(f['provenance'], 'cat 1, now: cat x')
        self.assertIn('\nfrom          cat 1, now: cat x\n', self.traces(
            'info', 'x', '-t', self.place).stdout)

    def test_list_has_a_line_each(self) -> None:
        rows = self.traces('list', '-t', self.place).stdout.splitlines()[1:]
        self.assertEqual([' '.join(row.split()) for row in rows], [
            f'x.rep recorded 13 4 {samples.EVERY_PEAK} 4 3 cat 1, now: cat x',
            'y.rep generated 2 1 5 1 1 tools/generate y'])

    def test_check_is_content(self) -> None:
        done = self.traces('check', '-t', self.place)
        self.assertEqual(done.stdout,
                         '2 traces, all sound and as MANIFEST says\n')

    def test_check_names_each_difference(self) -> None:
        self.write('x.rep recorded 12 7 cat\nz.rep recorded 1 1 cat\n',
                   'MANIFEST')
        done = self.traces('check', '-t', self.place, status=1)
        self.assertEqual(done.stdout.splitlines(), [
            f'{self.place}/x.rep: 13 operations, 12 in MANIFEST',
            f'{self.place}/x.rep: a peak of {samples.EVERY_PEAK} bytes, '
            '7 in MANIFEST',
            f'{self.place}/y.rep: not in the MANIFEST beside it',
            f'{self.place}/z.rep: in MANIFEST, but not there'])

    def test_check_of_the_corpus(self) -> None:
        self.traces('check', '-t', support.ROOT / 'traces')

    def test_a_directory_without_a_trace(self) -> None:
        empty = self.place / 'empty'
        empty.mkdir()
        done = self.traces('list', '-t', empty, status=2)
        self.assertEqual(done.stderr, f'tools/traces: {empty}: there is no '
                         'trace in it\n')
