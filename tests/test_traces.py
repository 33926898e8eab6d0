"""The corpus, the recipes, and reading and writing of .rep files."""
from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import support
from malloclab.portable_random import Random
from malloclab.generate import command as generate
from malloclab.generate.recipes import (
    RECIPES, RecipeError, run_recipe)
from malloclab.record import corpus
from malloclab.traces import manifest, op_table, rep
from malloclab.traces.rep import Op

from rep_checker import check_text

support.in_release_only('the tools are the same in every build')

TRACES = support.ROOT / 'traces'
MANIFEST = TRACES / 'MANIFEST'
LIMIT = 20_000_000


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == '.gz' else data).decode()


class Corpus(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.manifest = manifest.read(str(MANIFEST))

    def test_manifest_lists_exactly_the_files(self) -> None:
        files = sorted(path.name for path in TRACES.iterdir()
                       if path.name != '.bounds')  # mdriver's, not the tree's
        listed = [entry.name for entry in self.manifest.entries]
        self.assertEqual(sorted(listed + ['MANIFEST']), files)

    def test_manifest_is_in_its_own_form(self) -> None:
        self.assertEqual(manifest.render(self.manifest), MANIFEST.read_text())

    def test_shorter_traces_are_valid_and_have_their_figures(self) -> None:
        """By a reader that shares nothing with ours, which reads all."""
        for entry in self.manifest.entries:
            if entry.ops > 50_000:
                continue
            with self.subTest(entry.name):
                checked = check_text(text_of(TRACES / entry.name))
                self.assertEqual((checked.ops, checked.peak),
                                 (entry.ops, entry.peak))

    def test_generated_traces_are_what_their_commands_make(self) -> None:
        self.assertEqual(generate.differences(str(MANIFEST)), [])

    def test_recorded_traces_are_workloads(self) -> None:
        workloads = {work.file: work for work in corpus.WORKLOADS}
        recorded = self.manifest.of_kind(manifest.RECORDED, manifest.UNSEEN)
        self.assertEqual({entry.name for entry in recorded}, set(workloads))
        for entry in recorded:
            program, _, command = entry.provenance.partition(': ')
            work = workloads[entry.name]
            self.assertEqual(command, work.note)
            self.assertRegex(program, rf'\A{work.package} \S+, '
                             r'\d{4}-\d\d-\d\d\Z')

    def test_every_second_one_of_large_blocks_is_unseen(self) -> None:
        """In alphabetical order: the split looks at names alone."""
        large = sorted(work.file for work in corpus.LARGE_BLOCKS)
        unseen = self.manifest.of_kind(manifest.UNSEEN)
        self.assertEqual([entry.name for entry in unseen], large[1::2])

    def test_large_blocks_hold_half_of_the_peak(self) -> None:
        done = support.run(
            support.ROOT / 'tools/traces', 'info', '--json', '--build',
            support.BUILD, *(TRACES / work.file
                             for work in corpus.LARGE_BLOCKS))
        self.assertEqual(done.returncode, 0, support.account(done))
        for figures in json.loads(done.stdout)['traces']:
            payload = figures['payload']
            self.assertEqual(payload['large'], 65536)
            self.assertGreater(payload['large_share_at_peak'], .5,
                               figures['path'])
            self.assertGreater(payload['peak'], 10**6)

    def test_workload_files_are_all_used(self) -> None:
        commands = ' '.join(work.command for work in corpus.WORKLOADS)
        for path in Path(corpus.WORKLOADS_DIRECTORY).iterdir():
            self.assertIn(path.name, commands)

    def test_the_corpus_stays_small(self) -> None:
        self.assertLess(sum(p.stat().st_size for p in TRACES.iterdir()), LIMIT)

    def test_programs_are_many_and_none_is_tiny_or_huge(self) -> None:
        recorded = self.manifest.of_kind(manifest.RECORDED, manifest.UNSEEN)
        self.assertGreaterEqual(len(recorded), 20)
        for entry in recorded:
            self.assertTrue(10**4 <= entry.ops <= 5 * 10**6, entry)
        self.assertGreater(max(entry.ops for entry in recorded), 2 * 10**6)

    def test_traces_of_threads(self) -> None:
        for name in 'python-pipeline', 'rg-tree':
            text = text_of(TRACES / f'{name}.rep.gz')
            self.assertTrue(check_text(text).threaded, name)

    def test_compressed_files_have_no_time(self) -> None:
        for path in TRACES.glob('*.gz'):
            self.assertEqual(path.read_bytes()[4:8], bytes(4), path)


class ManifestKinds(unittest.TestCase):
    LINES = ('y.rep recorded 2 5 cat', 'x.rep.gz unseen 1 1 cat')

    def test_what_is_recorded_again_keeps_its_kind(self) -> None:
        listed = manifest.parse(self.LINES)
        for name, kind in (('x.rep.gz', 'unseen'), ('y.rep', 'recorded'),
                           ('new.rep.gz', 'recorded')):
            self.assertEqual(listed.kind_of(name), kind)

    def test_kinds_are_apart(self) -> None:
        listed = manifest.parse(self.LINES)
        for kinds, count in (('unseen',), 1), (('recorded',), 1), (
                ('recorded', 'unseen'), 2), (('generated',), 0):
            self.assertEqual(len(listed.of_kind(*kinds)), count)

    def test_a_kind_that_is_none(self) -> None:
        with self.assertRaises(manifest.ManifestError):
            manifest.parse(['x.rep seen 1 1 cat'])


class ManifestCommand(unittest.TestCase):
    """tools/generate --manifest on a small directory of its own."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / 'MANIFEST'
        self.path.write_text(
            '# two\ncomb.rep generated 0 0 tools/generate comb --ops 3000\n'
            'q.rep.gz generated 0 0 tools/generate queue -n 90 length=5\n')

    def generate(self, *words: str) -> support.Finished[str]:
        return support.run(support.ROOT / 'tools' / 'generate', '--manifest',
                           self.path, *words)

    def test_makes_them_then_finds_no_difference(self) -> None:
        self.assertEqual(self.generate('--check').returncode, 1)
        self.assertEqual(self.generate().returncode, 0)
        done = self.generate('--check')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        entry = manifest.read(str(self.path)).entries[1]
        checked = check_text(text_of(self.path.parent / 'q.rep.gz'))
        self.assertEqual((checked.ops, checked.peak), (entry.ops, entry.peak))

    def test_one_byte_more_is_a_difference(self) -> None:
        self.generate()
        with open(self.path.parent / 'comb.rep', 'a') as file:
            file.write('\n')
        done = self.generate('--check')
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, 'tools/generate: comb.rep: differs from '
                         'what its command makes\n')

    def test_a_bad_line_is_named(self) -> None:
        self.path.write_text('# x\ncomb.rep generated many\n')
        done = self.generate()
        self.assertEqual(done.returncode, 2)
        self.assertIn(f'{self.path}:2: not a line of', done.stderr)

    def test_numbers_that_are_none(self) -> None:
        for number, sentence in (
                ('\u00b2', r"'\xb2' is not an integer"),
                ('7' * 5000, f'the number {"7" * 40}... is out of range')):
            self.path.write_text(f'# x\nx.rep generated 0 {number} x\n')
            done = self.generate()
            self.assertEqual((done.returncode, done.stderr), (
                2, f'tools/generate: {self.path}:2: {sentence}\n'))

    def test_commands_that_are_none(self) -> None:
        for command, sentence in (
                ("tools/generate 'comb", 'not a command: No closing quotation'),
                ("''", 'not made by tools/generate')):
            self.path.write_text(f'x.rep generated 0 0 {command}\n')
            done = self.generate()
            self.assertEqual((done.returncode, done.stderr), (
                2, f'tools/generate: x.rep: {sentence}\n'))

    def test_a_damaged_trace_is_a_difference(self) -> None:
        self.generate()
        packed = self.path.parent / 'q.rep.gz'
        for data in packed.read_bytes()[:-9], b'\x1f\x8b' + b'x' * 99:
            packed.write_bytes(data)
            done = self.generate('--check')
            self.assertEqual((done.returncode, done.stderr), (
                1, 'tools/generate: q.rep.gz: differs from what its command '
                'makes\n'))

    def test_what_is_no_text(self) -> None:
        self.path.write_bytes(b'\xff\xfe')
        done = self.generate()
        self.assertEqual((done.returncode, done.stderr), (
            2, f'tools/generate: {self.path}:1: this is no text\n'))


class Output(unittest.TestCase):
    """Where tools/generate writes a recipe's trace to."""

    def generate(self, output: str | Path) -> support.Finished[str]:
        return support.run(support.ROOT / 'tools/generate', 'comb', '--ops',
                           '3000', '-o', output)

    def test_options_that_mean_nothing_together(self) -> None:
        for sentence, *words in (
                ('--list goes alone', '--list', '--ops', '5'),
                ('--list goes alone', '--list', 'comb'),
                ('--manifest goes with --check alone', '--manifest', 'x',
                 '--check', 'comb'),
                ('--check is for --manifest', 'comb', '--check')):
            done = support.run(support.ROOT / 'tools/generate', *words)
            self.assertEqual((done.returncode, done.stdout), (2, ''))
            self.assertEqual(done.stderr.splitlines()[-1],
                             f'tools/generate: error: {sentence}')

    def test_parameters_that_no_trace_has(self) -> None:
        for words, sentence in (
                (('coalescing', f'size={1 << 47}'),
                 f'size must be 1 to {(1 << 47) - 1}'),
                (('shift', f'first={(1 << 47) - 1}'),
                 'shift: a block or a thread is beyond what a trace may have'),
                (('threads', f'count={1 << 46}'),
                 'threads: a block or a thread is beyond what a trace may '
                 'have'),
                (('comb', 'size=\u00b2'),
                 r"'size=\xb2' is not PARAM=VALUE with an integer")):
            done = support.run(support.ROOT / 'tools/generate', *words)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (2, '', f'tools/generate: {sentence}\n'))

    def test_standard_output(self) -> None:
        done = self.generate('-')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        check_text(done.stdout)

    @unittest.skipUnless(shutil.which('zstd'), 'not installed: zstd')
    def test_packed_as_the_name_says(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x.rep.zst'
            self.assertEqual(self.generate(path).returncode, 0)
            text = support.run('zstd', '-dcq', path).stdout
        self.assertEqual(text, self.generate('-').stdout)

    def test_what_cannot_be_written(self) -> None:
        for path, why in (
                ('/dev/full', 'No space left on device'),
                (tempfile.gettempdir(), 'Is a directory'),
                ('x.repb', "a recipe's trace is text: .rep, .rep.gz or "
                 '.rep.zst')):
            done = self.generate(path)
            self.assertEqual((done.returncode, done.stderr), (
                2, f'tools/generate: {path}: {why}\n'))


class Recipes(unittest.TestCase):
    def test_each_is_valid_frees_all_and_keeps_its_length(self) -> None:
        for name in RECIPES:
            for seed, limit in (1, 10000), (2, 3000), (3, 40):
                with self.subTest(name, seed=seed, limit=limit):
                    ops = run_recipe(name, seed, limit)
                    checked = check_text(rep.encode(
                        ops, any(op.thread for op in ops))[0].decode())
                    self.assertEqual(checked.live, 0)
                    self.assertLessEqual(checked.ops, limit)
                    if limit == 10000:
                        self.assertGreater(checked.ops, 8000)

    def test_same_arguments_same_trace_another_seed_another(self) -> None:
        for name in RECIPES:
            with self.subTest(name):
                self.assertEqual(run_recipe(name, 5, 2000),
                                 run_recipe(name, 5, 2000))
                self.assertNotEqual(run_recipe(name, 5, 10000),
                                    run_recipe(name, 6, 10000))

    def test_parameters_have_an_effect(self) -> None:
        for name, recipe in RECIPES.items():
            for key, value in recipe.parameters.items():
                with self.subTest(name, key=key):
                    other = run_recipe(name, 1, 10000, {key: value // 2 + 1})
                    self.assertNotEqual(run_recipe(name, 1, 10000), other)

    def test_recipes_are_described(self) -> None:
        for recipe in RECIPES.values():
            self.assertRegex(recipe.description, r'\A[A-Z].*[.:?]')
            for key in recipe.parameters:
                self.assertGreater(recipe.parameters[key], 0)

    def test_wrong_arguments_are_refused(self) -> None:
        for arguments in ('nobody',), ('comb', 1, 100, {'x': 1}), (
                'comb', 1, 100, {'teeth': 0}):
            with self.assertRaises(RecipeError):
                run_recipe(*arguments)

    def test_a_tiling_is_full_from_beginning_to_end(self) -> None:
        ops = run_recipe('tiling', 4, 4000, {'height': 65536})
        levels, live, freeing = [], 0, {}
        sizes: dict[int, int] = {}
        for op in ops:
            if op.kind == 'a':
                sizes[op.id] = op.size
                live += op.size
            else:
                freeing[op.id] = True
                live -= sizes[op.id]
            levels.append(live)
        self.assertEqual(max(levels), 65536)
        last = max(i for i, op in enumerate(ops) if op.kind == 'a')
        # Wherever allocation turns into freeing, all is in use.
        turns = [levels[i] for i in range(last + 1) if ops[i].kind == 'a'
                 and ops[i + 1].kind == 'f']
        self.assertEqual(set(turns), {65536})
        self.assertTrue(all(size % 16 == 0 for size in sizes.values()))

    def test_queue_and_stack_keep_their_order(self) -> None:
        freed = [op.id for op in run_recipe('queue', 1, 2000)
                 if op.kind == 'f']
        self.assertEqual(freed, sorted(freed))
        stack = []
        for op in run_recipe('stack', 1, 2000):
            if op.kind == 'a':
                stack.append(op.id)
            else:
                self.assertEqual(op.id, stack.pop())

    def test_kinds_of_operations(self) -> None:
        kinds = {name: set(op.kind for op in run_recipe(name))
                 for name in RECIPES}
        self.assertEqual(kinds['aligned'], set('acmrf'))
        self.assertEqual(kinds['realloc-growth'], set('arf'))
        self.assertEqual({op.thread for op in run_recipe('threads')},
                         set(range(5)))


class OpTable(unittest.TestCase):
    """driver/trace/operations.def, as the tools read it."""

    def test_every_row_is_read(self) -> None:
        text = op_table.TABLE.read_text()
        names = re.findall(r'^OPERATION\((\w+)', text, re.M)
        self.assertEqual([one.name for one in op_table.OPERATIONS],
                         [name for name in names if name != 'SKIP'])
        for one in op_table.OPERATIONS:
            self.assertEqual(names[one.kind], one.name)

    def test_a_row(self) -> None:
        one, = op_table.parse('\nOPERATION(SKIP, "-", NOTHING, NOTHING, '
                              'NOTHING)\nOPERATION(ZEROED, "z ID COUNT SIZE", '
                              'CALLOC, BEGINS, COUNT)\n')
        self.assertEqual(one, (1, 'ZEROED', 'z', ('ID', 'COUNT', 'SIZE'),
                               'calloc', 'BEGINS', 'COUNT'))
        self.assertEqual(one.template.format(3, 16, 5), 'z 3 5 16')

    def test_a_row_that_is_not_understood(self) -> None:
        with self.assertRaises(AssertionError):
            op_table.parse('\nOPERATION(ALLOC,\n"a ID SIZE", MALLOC)\n')

    def test_titles(self) -> None:
        self.assertEqual(
            {one.title for one in op_table.OPERATIONS},
            {'malloc', 'free', 'realloc', 'realloc(NULL)', 'realloc(0)',
             'calloc', 'memalign', 'free(NULL)'})


class DiceTest(unittest.TestCase):
    def test_the_sequence_never_changes(self) -> None:
        dice = Random(1)
        self.assertEqual(
            [dice.below(1000), dice.between(5, 9), dice.octaves(16, 4096),
             dice.power(16, 4096), dice.choose('abc'), dice.percent(50)],
            FALLEN)

    def test_ranges_are_kept_and_reached(self) -> None:
        dice = Random(2)
        for roll, low, high in ((dice.between, 3, 6), (dice.octaves, 3, 13),
                                (dice.power, 1, 5), (dice.octaves, 7, 7)):
            seen = {roll(low, high) for _ in range(2000)}
            self.assertEqual(seen, set(range(low, high + 1)))

    def test_power_halves_and_octaves_do_not(self) -> None:
        dice = Random(3)
        power = Counter(dice.power(1, 1023).bit_length() for _ in range(40000))
        even = Counter(dice.octaves(1, 1023).bit_length() for _ in range(40000))
        self.assertAlmostEqual(power[1] / power[2], 2, delta=0.1)
        self.assertAlmostEqual(power[2] / power[3], 2, delta=0.1)
        self.assertAlmostEqual(even[1] / even[10], 1, delta=0.1)


class RepFormat(unittest.TestCase):
    OPS = [Op('a', 0, 10), Op('c', 1, 4, 3), Op('m', 2, 100, 64),
           Op('r', 0, 500), Op('f', -1), Op('f', 1), Op('f', 0)]
    TEXT = ('4096\n3\n7\n1\na 0 10\nc 1 3 4\nm 2 64 100\nr 0 500\nf -1\nf 1\n'
            'f 0\n')

    def parse(self, text: str) -> rep.Trace:
        return rep.parse(io.StringIO(text))

    def test_written_and_read_again(self) -> None:
        data, account = rep.encode(self.OPS)
        self.assertEqual(data.decode(), self.TEXT)
        self.assertEqual((account.peak_bytes, account.peak_blocks), (612, 3))
        self.assertEqual(self.parse(self.TEXT).ops, self.OPS)

    def test_threads(self) -> None:
        ops = [op._replace(thread=number % 3)
               for number, op in enumerate(self.OPS)]
        data, account = rep.encode(ops, True)
        self.assertTrue(account.threaded)
        self.assertIn('\nm 2 64 100 2\nr 0 500 0\nf -1 1\n', data.decode())
        self.assertEqual(self.parse(data.decode()).ops, ops)

    def test_files_plain_and_compressed(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / 'x.rep'  # told apart by content
            for data in self.TEXT.encode(), gzip.compress(self.TEXT.encode()):
                path.write_bytes(data)
                self.assertEqual(rep.read(str(path)).ops, self.OPS)

    def test_weight_first(self) -> None:
        trace = self.parse('2 1 2 512\na 0 512\nr 0 0\n')
        self.assertEqual((trace.weight, trace.heap), (2, 512))
        self.assertEqual(self.parse('0\n0\n0\n1\n').weight, 0)

    def test_realloc_of_a_fresh_id_and_ids_used_again(self) -> None:
        trace = self.parse('1 1 4 1\nr 0 5\nf 0\na 0 7\nf 0\n')
        self.assertEqual(trace.account().peak_bytes, 7)

    def test_faults_are_named_with_their_line(self) -> None:
        for text, line, sentence in FAULTS:
            with self.subTest(text):
                with self.assertRaises(rep.RepError) as caught:
                    self.parse(text)
                caught.exception.path = 'x.rep'
                self.assertEqual(str(caught.exception),
                                 f'x.rep:{line}: {sentence}')

    def test_a_damaged_file(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            path = str(Path(place) / 'x.rep.gz')
            Path(path).write_bytes(gzip.compress(self.TEXT.encode())[:-9])
            with self.assertRaisesRegex(rep.RepError, 'x.rep.gz: the file is '
                                        'damaged'):
                rep.read(path)
            data = bytearray(Path(path).read_bytes())
            data[10] ^= 255
            Path(path).write_bytes(data)
            with self.assertRaisesRegex(rep.RepError, 'x.rep.gz: the file is '
                                        'damaged'):
                rep.read(path)


    def test_a_line_ends_at_its_end(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / 'x.rep'
            path.write_bytes(b'9\r1 2\r1\ra 0\r8\r\nf 0\n')
            with self.assertRaisesRegex(rep.RepError, "x.rep:1: 'a' is "
                                        'not an integer'):
                rep.read(str(path))
            path.write_bytes(b'9 1 2\r1\na 0\r8\r\nf 0\n')
            self.assertEqual(rep.read(str(path)).ops,
                             [Op('a', 0, 8), Op('f', 0)])


FALLEN = [137, 9, 40, 23, 'b', False]

FAULTS = [
    ('', 1, 'the header is not four integers'),
    ('9\n1\n', 2, 'the header is not four integers'),
    ('9 1 x 1\n', 1, "'x' is not an integer"),
    ('9 1 1 1\nx 0 1\n', 2, "unknown operation 'x'"),
    ('9 1 1 1\na 0\n', 2, "'a' takes 2 numbers and perhaps a thread, not 1"),
    ('9 1 1 1\na 0 -1\n', 2, 'the number -1 is out of range'),
    (f'9 1 1 1\na 0 {"7" * 5000}\n', 2,
     f'the number {"7" * 40}... is out of range'),
    ('9 1 1 1\na 1 5\n', 2, "id 1 is not below the header's 1"),
    (f'9 1 1 1\na 0 {1 << 47}\n', 2, 'a number is out of range'),
    ('9 1 1 1\nm 0 24 5\n', 2, 'the alignment 24 is not a power of two'),
    ('9 1 1 1\nf 0\n', 2, 'id 0 is freed but was never allocated'),
    ('9 1 3 1\na 0 5\n\nf 0\nf 0\n', 5, 'id 0 is freed after it was freed'),
    ('9 1 3 1\na 0 5\nf 0\nr 0 9\n', 4,
     'id 0 is reallocated after it was freed'),
    ('9 1 2 1\na 0 5\na 0 9\n', 3, 'id 0 is allocated while it is in use'),
    ('9 1 1 1\nr 0 5\n', 2, 'id 0 is reallocated but was never allocated'),
    ('9 1 1 1\na 0 5 70000\n', 2, 'a number is out of range'),
    ('9 1 3 1\na 0 5\nf 0\n', 3,
     'the header says 3 operations, the file has 2'),
    ('9 2 2 1\na 0 5\nf 0\n', 3, 'the header says 2 ids, the file uses 1'),
]
