#!/usr/bin/python3
"""Starts the lab's tools by fork: most of a start is the loading of modules.

A tool that is started here is a process with its own arguments, folder,
environment, standard files and exit status, as by exec, but its modules are
loaded already. Nothing of pytest is in this process, so nothing of it is in the
tools either. The way in by exec is tested by test_launch.py and test_docs.py.

    tests ---- {"argv": [...], "cwd": "...", "env": {...}} + 3 files ----> server
          <--------------------- the exit status ------------------------ fork
"""
from __future__ import annotations

import atexit
import gc
import importlib
import json
import math
import os
import re
import resource
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST = 1 << 20  # bytes of a request
MODULE = re.compile(r'^(?:launch\.run\("|import )(malloclab\.[\w.]+)', re.M)
# What Python or a library reads before a tool begins.
READ_AT_START = re.compile(r'PYTHON|LC_|LANG|LD_|MPL|OPENBLAS|OMP')


# ---- In the server. ----

def load(tool: Path) -> None:
    """What it imports, and not launch.py, which changes the process. Where that fails, the tool itself says so."""
    name = MODULE.search(tool.read_text())
    try:
        importlib.import_module(name[1] if name else 'malloclab')
    except (ImportError, SystemExit):
        pass


def be_the_tool(argv: list[str], cwd: str, env: dict[str, str],
                caps: list[tuple[int, int]], files: list[int]) -> None:
    if caps:
        os.setsid()
    for kind, limit in caps:
        resource.setrlimit(kind, (limit, limit))
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, 1024)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = argv
    runpy.run_path(argv[0], run_name='__main__')


def status_of(*request: Any) -> int:
    try:
        be_the_tool(*request)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def forked(*request: Any) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = status_of(*request)
            atexit._run_exitfuncs()
            sys.stdout.flush()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def serve(tools: Path, channel: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the tests
    sys.path[0] = str(tools)
    loaded = set()
    while True:
        request, files, _, _ = socket.recv_fds(channel, MOST, 3)
        if not request:
            return
        said = json.loads(request)
        tool = Path(said['cwd'], said['argv'][0])
        if tool not in loaded:
            load(tool)
            loaded.add(tool)
            gc.freeze()  # a collection would copy every page for a fork
        status = forked(*said.values(), files)
        for file in files:
            os.close(file)
        channel.send(str(status).encode())


# ---- In the tests. ----

def drained(pipes: list[int], seconds: float) -> list[bytes]:
    """What comes out of each until all who write to it have ended."""
    found, deadline = {pipe: b'' for pipe in pipes}, time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(1):
                part = os.read(key.fd, 1 << 16)
                found[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
            if time.monotonic() > deadline:
                raise TimeoutError
    return list(found.values())


class ToolServer:
    """Of the tools in one folder; for one thread at a time."""

    def __init__(self, tools: Path) -> None:
        self.tools = tools
        self.lock = threading.Lock()
        self.channel: socket.socket | None = None

    def start(self) -> None:
        """If it is not running."""
        if self.channel:
            return
        self.channel, its = socket.socketpair(socket.AF_UNIX,
                                              socket.SOCK_SEQPACKET)
        with its:
            self.process = subprocess.Popen(
                ['/usr/bin/python3', __file__, str(self.tools),
                 str(its.fileno())], pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        unittest.addModuleCleanup(self.stop)  # conftest.py calls it

    def stop(self) -> None:
        if self.channel:
            self.channel.close()
            self.channel = None
            self.process.wait()

    def serves(self, words: list[str], cwd: str, env: Mapping[str, str]) -> bool:
        """Is the first word a tool, and the environment as the server's?"""
        tool = Path(cwd, words[0])
        if tool.parent != self.tools or not tool.is_file() or \
                b'malloclab' not in tool.read_bytes():
            return False
        return all(env.get(name) == os.environ.get(name)
                   for name in {*env, *os.environ} if READ_AT_START.match(name))

    def run(self, words: list[str], cwd: str, env: Mapping[str, str],
            caps: Mapping[int, int] = {}, seconds: float = math.inf
            ) -> subprocess.CompletedProcess[bytes]:
        """The status is negative for a signal. With caps, limits of setrlimit,
        it has a session of its own. It is left alone after the seconds."""
        with self.lock, open(os.devnull) as nothing:
            self.start()
            (out, its_out), (err, its_err) = os.pipe(), os.pipe()
            request = json.dumps({'argv': words, 'cwd': cwd, 'env': dict(env),
                                  'caps': list(caps.items())})
            try:
                socket.send_fds(self.channel, [request.encode()],
                                [nothing.fileno(), its_out, its_err])
                os.close(its_out)
                os.close(its_err)
                said = drained([out, err], seconds)
                status = int(self.channel.recv(64))
            except BaseException:
                self.process.kill()
                self.stop()
                raise
            finally:
                os.close(out)
                os.close(err)
            return subprocess.CompletedProcess(words, status, *said)


if __name__ == '__main__':
    serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
