"""Ctrl-C while a tool is still loading: it ends, and says nothing."""
from __future__ import annotations

import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import support

COMMANDS = ('plot map -o {0}/x.png redis-serve',
            'traces info redis-serve',
            'likeness redis-serve redis-serve',
            'report -o {0}/x.html redis-serve',
            'generate --like redis-serve -o {0}/x.rep',
            'convert -o {0}/x.rep traces/redis-serve.rep.gz')


def catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f'/proc/{pid}/status').read_text()
    caught = re.search(r'^SigCgt:\s*([0-9a-f]+)$', status, re.M)
    return bool(caught and int(caught[1], 16) >> (number - 1) & 1)


def wait_until_it_loads(process: subprocess.Popen[str]) -> None:
    """Python catches SIGINT from early on, and our tools not while they load:
    until the one, then until the other."""
    for wanted in True, False:
        while (process.poll() is None
               and catches(process.pid, signal.SIGINT) is not wanted):
            time.sleep(0.001)


class Interrupted(unittest.TestCase):
    def test_while_it_loads(self) -> None:
        for command in COMMANDS:
            with self.subTest(command), \
                    tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    f'{support.ROOT}/tools/{command}'.format(folder).split(),
                    cwd=support.ROOT, text=True, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)
                wait_until_it_loads(process)
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=60)
                self.assertEqual((process.returncode, *said),
                                 (-signal.SIGINT, '', ''))
                self.assertEqual(list(Path(folder).iterdir()), [])


load_tests = support.in_release_only(
    __name__, 'the tools are the same in every build')


if __name__ == '__main__':
    unittest.main()
