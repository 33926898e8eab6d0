"""Servers that tests start as this user, with ports, keys and folders of their
own, and stop by pid: sshd, and a Slurm of one machine.

A server that cannot be had here skips the test, with the reason.
"""
from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
import unittest
from collections.abc import Callable
from pathlib import Path

HOST = '127.0.0.1'
LONGEST_START = 60.0  # seconds until a server has to answer

SSHD = '''\
ListenAddress {host}
Port {port}
HostKey {folder}/host
PidFile {folder}/pid
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
'''
SLURM = '''\
ClusterName=test
SlurmctldHost={name}({host})
SlurmctldPort={controller}
SlurmdPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
NodeName={name} NodeAddr={host} CPUs={cpus} State=UNKNOWN
PartitionName=test Nodes={name} Default=YES MaxTime=INFINITE State=UP
'''


def demand(*programs: str) -> None:
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise unittest.SkipTest(f'not installed: {" ".join(missing)}')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Server:
    """A program in the foreground, until stop()."""

    def __init__(self, log: Path, *words: str, **more: object) -> None:
        self.log, self.name = log, words[0]
        with open(log, 'wb') as file:
            self.process = subprocess.Popen(
                [str(shutil.which(words[0])), *words[1:]], stdout=file,
                stdin=subprocess.DEVNULL, stderr=file, **more)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST_START
        while not holds():
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.log.read_text(errors='replace').strip()
                self.stop()
                raise unittest.SkipTest(
                    f'{self.name} does not start here: {said[-300:]}')
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 1).close()
        return True
    except OSError:
        return False


# ---- sshd. ----

class Sshd:
    """`login` is for parallel's --sshlogin."""

    def __init__(self, folder: Path) -> None:
        demand('sshd', 'ssh', 'ssh-keygen')
        if os.geteuid() == 0:
            Path('/run/sshd').mkdir(exist_ok=True)
        self.port = free_port()
        for name in 'host', 'user':
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '',
                            '-f', folder / name], check=True)
        config = folder / 'sshd_config'
        config.write_text(SSHD.format(host=HOST, port=self.port,
                                      folder=folder))
        self.server = Server(folder / 'sshd.log', 'sshd', '-D', '-e', '-f',
                             str(config))
        self.server.wait_until(lambda: answers(self.port))
        self.login = (f'ssh -p {self.port} -i {folder}/user -o BatchMode=yes '
                      '-o StrictHostKeyChecking=no -o UserKnownHostsFile='
                      f'/dev/null -o LogLevel=ERROR {getpass.getuser()}@{HOST}')

    def stop(self) -> None:
        self.server.stop()


# ---- Slurm. ----

class Slurm:
    """`environment` is what its commands need."""

    def __init__(self, folder: Path) -> None:
        demand('munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol')
        self.servers: list[Server] = []
        self.folder = folder
        self.environment = {'SLURM_CONF': str(folder / 'slurm.conf')}
        try:
            self.configure()
            self.start()
        except BaseException:
            self.stop()
            raise

    def configure(self) -> None:
        for name in 'state', 'spool':
            (self.folder / name).mkdir()
        key = self.folder / 'munge.key'
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self.controller, self.port = free_port(), free_port()
        name = socket.gethostname().split('.')[0]
        (self.folder / 'slurm.conf').write_text(SLURM.format(
            name=name, host=HOST, controller=self.controller, port=self.port,
            user=getpass.getuser(), folder=self.folder, cpus=os.cpu_count()))

    def serve(self, *words: str) -> Server:
        server = Server(self.folder / f'{words[0]}.out', *words,
                        env={**os.environ, **self.environment})
        self.servers.append(server)
        return server

    def start(self) -> None:
        folder = self.folder
        socket_path = folder / 'munge.socket'
        munged = self.serve(
            'munged', '--foreground', '--force', f'--socket={socket_path}',
            f'--key-file={folder}/munge.key', f'--pid-file={folder}/munge.pid',
            f'--log-file={folder}/munge.log', f'--seed-file={folder}/seed')
        munged.wait_until(socket_path.exists)
        self.serve('slurmctld', '-D', '-i').wait_until(
            lambda: answers(self.controller))
        self.serve('slurmd', '-D').wait_until(self.is_idle)

    def says(self, *words: str) -> str:
        return subprocess.run(
            words, capture_output=True, text=True,
            env={**os.environ, **self.environment}).stdout.strip()

    def is_idle(self) -> bool:
        return self.says('sinfo', '-h', '-o', '%t') == 'idle'

    def name_of_last_job(self) -> str:
        return self.says('squeue', '-h', '--sort=-V', '-o',
                         '%j').splitlines()[0]

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
