"""Completion in bash: what Tab offers, from the commands' own help."""
from __future__ import annotations

import unittest

import support

support.in_release_only('the tools are the same in every build')

# Completes the last of the words, as readline would split them.
ASK = '''source <(tools/completion) || exit 2
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_malloclab "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"'''


class Completion(unittest.TestCase):
    def offered(self, *words: str) -> list[str]:
        done = support.run('bash', '-c', ASK, 'bash', *words, cwd=support.ROOT)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout.split()

    def test_options_are_those_of_the_help(self) -> None:
        self.assertEqual(self.offered('./mdriver', '--js'), ['--json'])
        self.assertEqual(self.offered('tools/record', '--st'), ['--stacks'])
        self.assertEqual(self.offered('tools/traces', 'info', '--js'),
                         ['--json'])

    def test_allocators_in_a_list(self) -> None:
        self.assertEqual(self.offered('./mdriver', '--allocator', 'mm,implicit_b'),
                         ['mm,implicit_best'])
        offered = self.offered('./mdriver', '--allocator', '=', '')
        self.assertLessEqual({'mm', 'tlsf', 'libc'}, set(offered))
        self.assertNotIn('Traces:', offered)

    def test_traces(self) -> None:
        self.assertEqual(self.offered('./mdriver', '-f', 'coal'),
                         ['coalescing.rep'])
        self.assertEqual(self.offered('./mdriver', 'coal'), ['coalescing.rep'])
        self.assertEqual(self.offered('tools/callers', 'coal'),
                         ['coalescing.rep'])

    def test_values_of_the_help(self) -> None:
        self.assertEqual(self.offered('tools/callers', '--by', 'pi'),
                         ['pinned'])
        self.assertEqual(self.offered('tools/sweep', '--engine', ''),
                         ['local', 'parallel', 'slurm'])

    def test_subcommands(self) -> None:
        self.assertEqual(self.offered('tools/plot', 'cu'), ['curves'])
        self.assertEqual(set(self.offered('tools/traces', '')) -
                         {'--help'}, {'info', 'list', 'check'})

    def test_every_command_is_registered(self) -> None:
        done = support.run('bash', '-c', 'source <(tools/completion); '
                           'complete -p', cwd=support.ROOT)
        for tool in (support.ROOT / 'tools').iterdir():
            if tool.is_file():
                self.assertIn(f'-F _malloclab tools/{tool.name}\n', done.stdout)
        self.assertIn('-F _malloclab mdriver\n', done.stdout)
