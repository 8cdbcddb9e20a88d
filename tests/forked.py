"""`python -m app …` without its start: forked from a process that has imported everything, in 0.05 s instead of 2.

A forked process differs from one that was started only in its memory, which also holds modules that it does not use.
The worker processes of a server are forked from its first process, where uvicorn would start new ones.
Tests of the start itself, of a process's memory, or of its modules use `subprocess.Popen`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import SimpleNamespace

from uvicorn import _subprocess

from tests.waiting import wait_until

FORK_SERVER = get_context("forkserver")
FORK_SERVER.set_forkserver_preload(["tests.forked_server"])  # here alone: the first to start it decides


def forked_processor_seconds() -> float:
    """Processor seconds of the fork server and of the forked processes that have ended (proc_pid_stat(5))."""
    number = forkserver._forkserver._forkserver_pid
    if number is None:
        return 0.0
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class ForkedProcess:
    """A process with a session and a process group of its own; used as a `subprocess.Popen` is."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        log: Path | str,
        *,
        stdout: Path | str = "",
        main: Callable[[list[str]], int] | None = None,
    ) -> None:
        """Run `python -m app` with these arguments, or a function `main` of a module that they are given to.

        stdout and stderr are appended to `log`, stdout to a file of its own if one is given.
        """
        self.args = ["app", *arguments]
        self._process = FORK_SERVER.Process(
            target=_run, args=(list(arguments), dict(env), str(cwd), str(stdout or log), str(log), main)
        )
        self._process.start()
        self.pid = self._process.pid or 0
        wait_until(lambda: self.poll() is not None or os.getpgid(self.pid) == self.pid, "it starts no process group")

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code. Raises subprocess.TimeoutExpired if it has not ended after `timeout` seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(
    arguments: list[str],
    env: dict[str, str],
    cwd: str,
    stdout: str,
    stderr: str,
    main: Callable[[list[str]], int] | None,
) -> None:
    """Run in the forked process. It is in a group of its own once its logs are there."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, log in enumerate((stdout, stderr), start=1):
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(opened, number)
        os.close(opened)
    os.setsid()
    from app.__main__ import main as run_command  # noqa: PLC0415 - imported by the fork server, not by the tests

    _subprocess.spawn = SimpleNamespace(Process=_WorkerProcess)
    sys.argv = ["app", *arguments]
    code = (main or run_command)(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class _WorkerProcess(ForkProcess):
    """A worker process of uvicorn. It has none of the signal handlers of the process that it was forked from."""

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        super().run()
