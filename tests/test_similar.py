"""Similar hand-ins: copies are found, independent work is not."""
from __future__ import annotations

import itertools
import random
import re
import subprocess
import sys
import unittest

from support import ROOT, in_release_only

in_release_only('the tools are the same in every build')

from malloclab.grade import similar

CLASSIC = (ROOT / 'tests/handin/classic.c').read_text()
CMU = (ROOT / 'tests/handin/cmu.c').read_text()
MM = (ROOT / 'mm.c').read_text()
STARTER = (ROOT / 'assignments/starter.c').read_text()
KEPT = similar.KEYWORDS | {'define', 'include'}


def renamed(text: str) -> str:
    """Other identifiers, numbers, comments and layout."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'[A-Za-z_]\w*', lambda word: word[0] if word[0] in KEPT
                  else f'x_{word[0][::-1]}', text)
    text = re.sub(r'\b[0-9]+\b', '77', text)
    return text.replace(';', ' ;\n// changed\n')


def functions(text: str) -> list[str]:
    """The text, cut after each closing brace in the first column."""
    return re.findall(r'.*?^\}\n|.+\Z', text, re.S | re.M)


def reordered(text: str) -> str:
    parts = functions(text)
    random.Random(3).shuffle(parts)
    return ''.join(parts)


def pairs(**sources: str) -> list[tuple[str, str]]:
    found = similar.find({name: [text] for name, text in sources.items()})
    return [pair[:2] for pair in found]


class Similar(unittest.TestCase):
    def test_a_renamed_copy_is_found(self) -> None:
        for name, text in ('classic', CLASSIC), ('cmu', CMU), ('mm', MM):
            with self.subTest(name):
                found = similar.find({'one': [text], 'two': [renamed(text)],
                                      'other': [CMU + '0' if text is CLASSIC
                                                else CLASSIC]})
                self.assertEqual([pair[:2] for pair in found],
                                 [('one', 'two')])
                self.assertGreater(found[0][2], .9)

    def test_of_a_huge_hand_in_the_first_tokens_are_read(self) -> None:
        """However many files they fill: each merge reads all hand-ins."""
        some = ';' * (similar.MOST_TOKENS // 2)
        self.assertEqual(similar.fingerprints([some, some, CLASSIC]),
                         similar.fingerprints([some, some]))

    def test_functions_in_another_order_are_found(self) -> None:
        for text in CLASSIC, CMU, MM:
            self.assertEqual(pairs(a=text, b=reordered(renamed(text))),
                             [('a', 'b')])

    def test_half_a_copy_is_found(self) -> None:
        half = functions(MM)
        half = half[:len(half) // 2]
        self.assertEqual(pairs(a=MM, b=''.join(half) + CMU), [('a', 'b')])

    def test_a_copy_spread_over_files_is_found(self) -> None:
        middle = len(functions(MM)) // 2
        parts = functions(MM)
        found = similar.find({'a': [MM], 'b': [''.join(parts[:middle]),
                                               ''.join(parts[middle:])]})
        self.assertEqual([pair[:2] for pair in found], [('a', 'b')])

    def test_independent_allocators_are_no_pair(self) -> None:
        sources = {path.stem: [path.read_text()] for path in [
            *ROOT.glob('variants/*.c'), *ROOT.glob('tests/handin/*.c'),
            *ROOT.glob('libraries/*.c'), ROOT / 'mm.c']}
        self.assertGreater(len(sources), 20)
        self.assertEqual(similar.find(sources), [])

    def test_what_is_handed_out_is_no_hint(self) -> None:
        self.assertEqual(pairs(a=STARTER, b=renamed(STARTER)), [])
        ladder = (ROOT / 'variants/tlsf.c').read_text()
        self.assertEqual(pairs(a=ladder, b=ladder), [])
        self.assertEqual(pairs(a=STARTER + CLASSIC, b=STARTER + CMU), [])

    def test_what_the_class_has_in_common_is_no_hint(self) -> None:
        """The book's code in every hand-in, and one copy more in two."""
        book = {f's{n:02}': [CLASSIC] for n in range(12)}
        self.assertEqual(similar.find(book), [])
        book |= {'s03': [CLASSIC, CMU], 's07': [renamed(CMU), CLASSIC]}
        self.assertEqual([pair[:2] for pair in similar.find(book)],
                         [('s03', 's07')])

    def test_three_copies_in_a_small_class_are_found(self) -> None:
        self.assertEqual(pairs(a=MM, b=MM, c=MM),
                         [('a', 'b'), ('a', 'c'), ('b', 'c')])

    def test_the_guarantee(self) -> None:
        """K + WINDOW - 1 tokens in common are always seen, K - 1 never."""
        rng = random.Random(5)
        words = sorted(similar.KEYWORDS)
        for _ in range(200):
            ours, theirs, shared = (
                [rng.choice(words) for _ in range(size)]
                for size in (90, 90, similar.K + similar.WINDOW - 1))
            found = [similar.fingerprints([' '.join(
                some[:40] + shared + some[40:])]) for some in (ours, theirs)]
            self.assertTrue(found[0] & found[1])
            few = shared[:similar.K - 1]
            found = [similar.fingerprints([' '.join(
                some[:40] + few + some[40:])]) for some in (ours, theirs)]
            self.assertFalse(found[0] & found[1])

    def test_odd_texts(self) -> None:
        for text in ('', '/*', '"', "'", '\\', '"\\\n', '//\\', '\0\ud800',
                     '#' * 1000, '"' * 1001, '/*' * 1000, '\'"' * 500):
            with self.subTest(text[:10]):
                self.assertEqual(pairs(a=text, b=text), [])

    def test_a_hostile_text_takes_no_longer_than_another(self) -> None:
        """Were it quadratic, one would take hours."""
        for text in ('"\\', "'\\", 'L"', '/*', '//\\\n', '"\\\n', '\\"', '#/'):
            with self.subTest(text):
                similar.fingerprints([text * 200000])

    def test_runs_agree(self) -> None:
        """Whatever the seed of Python's hashes."""
        code = ('import sys; sys.path.insert(0, "tools")\n'
                'from malloclab.grade import similar\n'
                'print(sorted(similar.fingerprints([open("mm.c").read()])))')
        said = {subprocess.run(
            [sys.executable, '-c', code], cwd=ROOT, text=True, check=True,
            env={'PYTHONHASHSEED': seed}, stdout=subprocess.PIPE).stdout
            for seed in ('1', '2')}
        self.assertEqual(len(said), 1)

    def test_five_copies_among_five_hundred(self) -> None:
        sources = {f's{n:03}': [f'w{n} = {n};' * n] for n in range(500)}
        copies = [f's{n:03}' for n in range(0, 500, 100)]
        for name in copies:
            sources[name].append(CLASSIC.replace('size', name))
        self.assertEqual([pair[:2] for pair in similar.find(sources)],
                         list(itertools.combinations(copies, 2)))
