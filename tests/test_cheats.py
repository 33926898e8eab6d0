"""Hostile hand-ins gain nothing, and honest ones that look alike lose nothing.

tests/cheats has the hand-ins, cheating.py says how they are judged.
"""
from __future__ import annotations

import unittest
from collections.abc import Callable

import pytest

import support
from cheating import Case, cases, complaints, honest_complaints, judge

support.in_release_only('hand-ins are judged in the build for release')

NO_CHEATS = ('honest', 'twin')


class Cheats(unittest.TestCase):
    """Filled below, with a method for each file."""


class HonestOnes(unittest.TestCase):
    """The same."""


def cheat_test(case: Case) -> Callable[[Cheats], None]:
    # Those that have one twin stay in one process, which judges it once.
    @pytest.mark.xdist_group(f'beside {case.beside}')
    def test(self: Cheats) -> None:
        outcome = judge(case.path, case)
        self.assertEqual(complaints(case, outcome), [], outcome.account())

    return test


def honest_test(case: Case) -> Callable[[HonestOnes], None]:
    def test(self: HonestOnes) -> None:
        self.assertEqual(honest_complaints(case), [])

    return test


for _case in cases():
    if _case.kind not in NO_CHEATS:
        setattr(Cheats, f'test_{_case.name}', cheat_test(_case))
    elif _case.kind == 'honest':
        setattr(HonestOnes, f'test_{_case.name}', honest_test(_case))


class Files(unittest.TestCase):
    """The files themselves are as cheating.py takes them to be."""

    def test_many_of_every_kind(self) -> None:
        kinds = [case.kind for case in cases()]
        self.assertGreaterEqual(
            len([kind for kind in kinds if kind not in NO_CHEATS]), 70)
        self.assertGreaterEqual(kinds.count('honest'), 12)

    def test_say_what_must_happen(self) -> None:
        for case in cases():
            with self.subTest(case.name):
                self.assertTrue(case.text.startswith(f'/*\n * {case.path.name}')
                                or case.text.startswith(f'/* {case.path.name}'))
                if case.kind in NO_CHEATS:
                    continue
                self.assertIn('\n * Now', case.text)
                self.assertTrue(case.word('expect'))
                self.assertGreater(len(case.word('before')), 2)
                self.assertTrue(case.twin.exists())
