"""Real programs, not of this project, as data.

A program is a shell script that is run with bash -eo pipefail in an empty
folder of its own; what it prints is compared to what it prints under the C
library's malloc. $INPUT is a folder with what the `prepare` scripts of those
programs that are installed made, once, under the C library. Everything is the
same in each run: no times, no places, no process numbers.
"""

from __future__ import annotations

import glob
import shutil
import subprocess
from dataclasses import dataclass
from typing import Iterable, Sequence

# These keep what is freed: no malloc for a program that lives long.
KEEPS_ALL = ("naive", "bump")
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Program:
    name: str
    what: str                          # in a few words
    needs: tuple[tuple[str, str], ...]  # executable, Debian package
    prepare: tuple[str, ...]
    script: str
    threads: bool = False              # it uses more than one core

    @property
    def main(self) -> str:
        """The executable that the script tests."""
        return self.needs[0][0]

    def missing(self) -> list[str]:
        """The Debian packages of executables that are not installed."""
        return [package for thing, package in self.needs if not _there(thing)]


def _there(thing: str) -> bool:
    """An executable, or module:NAME of the system's Python."""
    if not thing.startswith("module:"):
        return shutil.which(thing) is not None
    if not shutil.which(PYTHON):
        return False
    check = [PYTHON, "-c", f"import {thing[7:]}"]
    return subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0


def _testsuite() -> str:
    """The package has the version of the system's Python in its name."""
    folders = glob.glob("/usr/lib/python3.[0-9]*")
    version = max((int(f.rsplit(".", 1)[1]) for f in folders), default=11)
    return f"libpython3.{version}-testsuite"


PYTHON_TESTS = """test_list test_dict test_set test_json test_gc test_threading
    test_bytes test_unicode test_re test_sort test_deque test_weakref
    test_generators test_struct test_pickle""".split()

BIG_C = r"""awk 'BEGIN {
    print "struct point { double x, y; int kind; struct point *next; };"
    for (i = 0; i < 700; i++) {
        printf "int f%d(struct point *p, int n)\n{\n    int t = %d;\n", i, i
        printf "    for (int k = 0; k < n; k++, p = p->next) {\n"
        printf "        switch (p->kind %% 5) {\n"
        for (c = 0; c < 5; c++)
            printf "        case %d: t += (int)(p->x * %d) ^ k; break;\n", c,
                   i + c
        printf "        }\n        if (t > %d) t -= n * k;\n    }\n", i * 7
        if (i) printf "    return t + f%d(p, n / 2);\n}\n", i - 1
        else printf "    return t;\n}\n"
    }
}' >"$INPUT/big.c"
"""

HISTORY = r"""awk 'BEGIN {
    for (i = 1; i <= 400; i++) {
        print "commit refs/heads/main"
        printf "committer A U Thor <a@example.org> %d +0000\n", 1e9 + i * 60
        text = "Change number " i "\n"
        printf "data %d\n%s\n", length(text), text
        for (k = 0; k < 5; k++) {
            body = ""
            for (l = 0; l < 80; l++)
                body = body "line " (l % (i + k) ? l : l * i) " of it\n"
            printf "M 100644 inline dir%d/file%d.txt\n", (i + k) % 17, k * i % 97
            printf "data %d\n%s\n", length(body), body
        }
    }
}' >"$INPUT/history"
"""

ORIGIN = r"""git init -q --bare -b main "$INPUT/origin.git"
git -C "$INPUT/origin.git" fast-import --quiet <"$INPUT/history"
"""

SQL = """
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 1000000)
INSERT INTO t SELECT i, (i * 7919) % 10007, printf('row %d of many', i) FROM n;
CREATE INDEX by_a ON t(a);
SELECT count(*), sum(a), min(b), max(b) FROM t;
SELECT a, count(*), max(length(b)) FROM t GROUP BY a ORDER BY a LIMIT 500;
DELETE FROM t WHERE id % 3 = 0;
UPDATE t SET b = b || '!' WHERE a < 1000;
SELECT group_concat(b) FROM (SELECT b FROM t WHERE a = 17 ORDER BY id);
SELECT count(*) FROM t x JOIN t y ON x.id = y.a;
"""

WORDS = r"""awk 'BEGIN {
    s = 42
    for (i = 0; i < 1000000; i++) {
        s = (s * 1103515245 + 12345) % 2147483648
        printf "%x%s%d\n", s, substr("abcdefghijklmnop", s % 11, s % 5), i % 1000
    }
}' >"$INPUT/words"
"""

PERL = r"""
my (%count, @long, $digest);
open my $in, "<", "$ENV{INPUT}/words" or die $!;
while (<$in>) {
    chomp;
    last if $. > 300000;
    $count{substr $_, 0, 4}++;
    push @long, reverse $_ if /[aeiou]{2}|9+$/;
    $digest = ($digest * 31 + length) % 1000003;
}
my @keys = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "$_ $count{$_}\n" for @keys[0 .. 999];
my %tree;
push @{$tree{length $_}{ord $_}}, $_ for @long;
for my $l (sort { $a <=> $b } keys %tree) {
    print join(",", map { "$_:" . @{$tree{$l}{$_}} }
        sort { $a <=> $b } keys %{$tree{$l}}), "\n";
}
my $text = join " ", sort @long;
$text =~ s/(\d+)/<$1>/g;
print length $text, " $digest\n";
"""

BASH = r"""
declare -A count
words=()
while read -r word; do
    count[${word:0:2}]=$((${count[${word:0:2}]:-0} + 1))
    words+=("${word%%[0-9]*}-$((${#word} * 7 % 13))")
done < <(head -n 30000 "$INPUT/words")
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort
for ((i = 0; i < 200; i++)); do
    part=$(printf '%s\n' "${words[@]:i * 100:100}" | sort | md5sum)
    echo "$i ${part%% *} ${words[i]//[aeiou]/_}"
done
fib() { (($1 < 2)) && echo "$1" || echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }
fib 11
"""

REDIS = r"""
redis-server --port 0 --unixsocket ./s --save '' --daemonize no \
    --enable-debug-command yes --dir "$PWD" >server.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || :' EXIT
for _ in $(seq 200); do [ -S s ] && break; sleep 0.05; done
redis-benchmark -s s -n 40000 -r 20000 -c 20 -q -d 200 \
    -t set,get,lpush,rpop,sadd,hset,zadd,lrange_100 >/dev/null
redis-cli -s s flushall
awk 'BEGIN {
    for (i = 0; i < 60000; i++) {
        printf "SET key:%d value-%d-%s\n", i % 20011, i, i * i
        printf "HSET hash:%d field%d %d\n", i % 97, i % 1009, i
        printf "RPUSH list:%d item-%d\n", i % 31, i
        if (i % 5 == 0) printf "DEL key:%d\n", i * 7 % 20011
        if (i % 7 == 0) printf "APPEND key:%d -and-more\n", i * 3 % 20011
    }
}' | redis-cli -s s --pipe | grep errors
redis-cli -s s dbsize
redis-cli -s s debug digest
redis-cli -s s shutdown nosave
wait $server
trap - EXIT
"""

THREADS = r"""
import hashlib, json, queue, threading
asked, done = queue.Queue(), queue.Queue()
def work():
    while (n := asked.get()) is not None:
        data = {str(k): list(range(k % 50)) for k in range(n, n + 400)}
        text = json.dumps(data)
        back = json.loads(text)
        done.put((n, hashlib.sha1(json.dumps(back).encode()).hexdigest()))
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for n in range(300): asked.put(n)
for t in threads: asked.put(None)
for t in threads: t.join()
for n, text in sorted(done.get() for _ in range(300)): print(n, text)
"""


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


SUITE = (
    Program("python-tests", "python3 on its own regression tests",
            (("/usr/bin/python3", "python3"),
             ("module:test.test_list", _testsuite())),
            (),
            "/usr/bin/python3 -m unittest -v "
            + " ".join(f"test.{name}" for name in PYTHON_TESTS)
            + r" >log 2>&1 || { tail -40 log >&2; exit 1; }"
            "\ngrep -E '(ok|skipped.*|FAIL|ERROR)$' log | grep -E '^test' |"
            " sed 's/ in [0-9.]*s//' | sort"),
    Program("python-threads", "eight threads of python3, JSON, no pymalloc",
            (("/usr/bin/python3", "python3"),), (),
            "export PYTHONMALLOC=malloc PYTHONHASHSEED=0\n"
            "/usr/bin/python3 -c " + _quote(THREADS), threads=True),
    Program("gcc", "gcc compiling 700 functions", (("gcc", "gcc"),), (BIG_C,),
            'gcc -w -O1 -c "$INPUT/big.c" -o big.o\nsha1sum <big.o'),
    Program("clang", "clang compiling 700 functions",
            (("clang", "clang"),), (BIG_C,),
            'clang -w -O1 -c "$INPUT/big.c" -o big.o\nsha1sum <big.o'),
    Program("git", "git clone, gc, fsck, log of 400 commits",
            (("git", "git"),), (HISTORY, ORIGIN),
            'export HOME=$PWD GIT_CONFIG_NOSYSTEM=1\n'
            'git clone -q "file://$INPUT/origin.git" copy\ncd copy\n'
            "git gc -q --aggressive\ngit fsck --full\n"
            "git log --stat --patch | sha1sum\ngit rev-list --all --objects\n"
            "git grep -c 'line 4' | sort"),
    Program("sqlite3", "sqlite3, a million rows", (("sqlite3", "sqlite3"),),
            (), "sqlite3 x.db " + _quote(SQL)),
    Program("perl", "perl: hashes, sorting, patterns", (("perl", "perl"),),
            (WORDS,), "perl -e " + _quote(PERL)),
    Program("bash", "bash: arrays, subshells", (("bash", "bash"),),
            (WORDS,), BASH),
    Program("sort", "sort of a million lines, two threads",
            (("sort", "coreutils"),), (WORDS,),
            'LC_ALL=C sort --parallel=2 -S 80M "$INPUT/words" | sha1sum\n'
            'LC_ALL=C sort -u -k 1.3,1.6 "$INPUT/words" | sha1sum',
            threads=True),
    Program("tar-xz", "tar, xz with two threads, and back",
            (("xz", "xz-utils"), ("tar", "tar")), (WORDS, BIG_C, HISTORY),
            'tar -C "$INPUT" --sort=name --mtime=@0 --owner=0 --group=0 -cf - '
            "words big.c history | xz -T2 -2 --block-size=2MiB >x.tar.xz\n"
            "sha1sum <x.tar.xz\nxz -dc -T2 x.tar.xz | tar -xf -\n"
            "sha1sum words big.c history", threads=True),
    Program("redis", "redis-server under redis-benchmark",
            (("redis-server", "redis-server"),
             ("redis-benchmark", "redis-tools")), (), REDIS, threads=True),
    Program("pigz", "pigz with four threads, and back", (("pigz", "pigz"),),
            (WORDS,), 'pigz -p 4 -c "$INPUT/words" >words.gz\n'
            "sha1sum <words.gz\npigz -dc words.gz | sha1sum", threads=True),
)

PACKAGES = sorted({package for program in SUITE
                   for _, package in program.needs}
                  | {"gawk", "bash"})


def choose(names: Sequence[str]) -> list[Program]:
    """Those of that name, all where there is none; KeyError for a stranger."""
    known = {program.name: program for program in SUITE}
    return [known[name] for name in dict.fromkeys(names) or known]


def prepare_scripts(programs: Iterable[Program]) -> list[str]:
    """The scripts that prepare the programs, each once, in order."""
    return list(dict.fromkeys(script for program in programs
                              for script in program.prepare))
