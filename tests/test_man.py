"""make man: pages that help2man makes of the help texts."""
from __future__ import annotations

import shutil
import unittest

import support

support.in_release_only('the tools are the same in every build')


@unittest.skipUnless(shutil.which('help2man'), 'not installed: help2man')
class Pages(unittest.TestCase):
    def page(self, name: str) -> str:
        path = support.ROOT / 'build/man' / name
        path.unlink(missing_ok=True)
        done = support.run('make', '-s', f'build/man/{name}', cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, support.account(done))
        return path.read_text().replace('\\', '')

    def test_of_the_judge(self) -> None:
        text = self.page('mdriver.1')
        self.assertIn('mdriver - judge memory allocators by traces', text)
        for option in '--allocator', '--json', '--heap-limit', '--watch':
            self.assertIn(f'.TP\nfB{option}', text)
        self.assertIn((support.ROOT / 'VERSION').read_text().strip(),
                      text.splitlines()[1])

    def test_of_a_tool(self) -> None:
        text = self.page('malloclab-record.1')
        self.assertIn('record - Run a program under the recorder and write '
                      'its trace\n', text)
        self.assertIn('fB--stacksfR [FRAMES]', text)

    def test_every_tool_has_one(self) -> None:
        done = support.run('make', '-nB', 'man', cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, support.account(done))
        for tool in (support.ROOT / 'tools').iterdir():
            if tool.is_file():
                self.assertIn(f'--output=build/man/malloclab-{tool.name}.1',
                              done.stdout)
